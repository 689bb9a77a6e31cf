// accounts.parked_account: accounts whose rows failed alone. Their rows stay pending; the stage
// that failed skips the account until it is released.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/messages.hpp"

#include <string>
#include <vector>

namespace harmonia::settle::accounts {

struct Parked {
    smp::AccountKey account;
    std::string stage, error;
};

[[nodiscard]] std::vector<Parked> load_parked(db::Transaction& tx);
void store_parked(db::Transaction& tx, const Parked& parked);
void release_parked(db::Transaction& tx); ///< all of them

} // namespace harmonia::settle::accounts

// What a stage writes, in sets, inside the caller's transaction; who commits says so.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/decide.hpp"

#include <span>
#include <stdexcept>

namespace harmonia::settle::accounts {

/// Which columns of an account may have changed. `locks` and `money` leave out the texts.
enum class Touched { locks, money, all };

/// Somebody else made the same account, or changed a row that nobody else should: the transaction
/// is rolled back and begun again.
struct Collision : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Rows that are there and locked.
void update_accounts(db::Transaction& tx, std::span<const Account* const> accounts,
                     Touched touched);
/// New rows. Collision when one is there already.
void insert_accounts(db::Transaction& tx, std::span<const Account* const> accounts);

/// How balance changes reach accounts of this realm.
struct Delivery {
    smp::Realm realm;
    bool direct = true; ///< straight into pending_balance_change, not through the broker
};

/// Everything that the effects ask for, but the accounts themselves and the rows that were taken:
/// prepared transfers made and ended, changes emitted, signals into the outbox, what overflowed.
void store_effects(db::Transaction& tx, Effects& effects, const Delivery& delivery);

} // namespace harmonia::settle::accounts

// Reachability of accounts in this database.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/fetch/reachability.hpp"

namespace harmonia::settle::accounts {

/// One query per call, on a connection outside transactions. Accounts of other realms are passed on
/// to `remote`; without it they are unknown, except root accounts, which are always reachable.
class LocalReach final : public Reachability {
public:
    LocalReach(db::Connection& connection, smp::Realm realm, Reachability* remote)
        : connection_(connection), realm_(realm), remote_(remote) {}
    [[nodiscard]] std::vector<Reach> recipients(std::span<const smp::AccountKey> accounts) override;
    [[nodiscard]] std::vector<RootLookup>
    root_configs(std::span<const std::int64_t> debtors) override;

private:
    db::Connection& connection_;
    smp::Realm realm_;
    Reachability* remote_;
};

} // namespace harmonia::settle::accounts

// Reachability as this database knows it.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/reachability.hpp"

namespace harmonia::settle::accounts {

/// Two set-wise queries on a connection that is outside transactions. Accounts of other realms are
/// handed to `elsewhere`; where that is null they are unknown, but for root accounts, which are
/// always reachable.
class LocalReach final : public Reachability {
public:
    LocalReach(db::Connection& connection, smp::Realm realm, Reachability* elsewhere)
        : connection_(connection), realm_(realm), elsewhere_(elsewhere) {}
    [[nodiscard]] std::vector<Reach> recipients(std::span<const smp::AccountKey> accounts) override;
    [[nodiscard]] std::vector<RootLookup>
    root_configs(std::span<const std::int64_t> debtors) override;

private:
    db::Connection& connection_;
    smp::Realm realm_;
    Reachability* elsewhere_;
};

} // namespace harmonia::settle::accounts

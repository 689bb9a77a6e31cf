#include "jobs/serve/load_fetch.hpp"

namespace harmonia::serve {

std::optional<FetchedAccount> find_account(db::Connection& connection, const smp::AccountKey& key) {
    db::Transaction tx(connection);
    const db::Result found =
        tx.exec("SELECT status_flags & 1 <> 0, config_flags & $3 <> 0, config_data"
                " FROM accounts.account WHERE debtor_id = $1 AND creditor_id = $2",
                key.debtor_id, key.creditor_id, smp::k_scheduled_for_deletion);
    if (found.empty())
        return std::nullopt;
    return FetchedAccount{found.boolean(0, 0), found.boolean(0, 1), std::string(found.text(0, 2))};
}

} // namespace harmonia::serve

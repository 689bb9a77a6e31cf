#include "jobs/serve/load_fetch.hpp"

namespace harmonia::serve {

std::optional<FetchedAccount> find_account(db::Connection& connection, const smp::AccountKey& key) {
    db::Transaction tx(connection);
    const db::Result found = tx.exec(R"(
        SELECT status_flags & 1 <> 0 AS deleted,
               config_flags & $3 <> 0 AS scheduled_for_deletion,
               config_data
          FROM accounts.account
         WHERE debtor_id = $1
           AND creditor_id = $2)",
                                     key.debtor_id, key.creditor_id, smp::k_scheduled_for_deletion);
    const auto row = found.optional_row();
    if (!row)
        return std::nullopt;
    return FetchedAccount{row->boolean("deleted"), row->boolean("scheduled_for_deletion"),
                          std::string(row->text("config_data"))};
}

} // namespace harmonia::serve

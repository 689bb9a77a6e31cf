#include "jobs/settle/accounts/store/parked.hpp"

namespace harmonia::settle::accounts {

std::vector<Parked> load_parked(db::Transaction& tx) {
    const db::Result rows =
        tx.exec("SELECT debtor_id, creditor_id, stage, error FROM accounts.parked_account");
    std::vector<Parked> parked;
    for (const db::Row row : rows)
        parked.push_back({{row.integer("debtor_id"), row.integer("creditor_id")},
                          std::string(row.text("stage")),
                          std::string(row.text("error"))});
    return parked;
}

void store_parked(db::Transaction& tx, const Parked& parked) {
    tx.exec(R"(
        INSERT INTO accounts.parked_account (debtor_id, creditor_id, stage, error)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (debtor_id, creditor_id, stage)
        DO UPDATE SET error = excluded.error, parked_at = now())",
            parked.account.debtor_id, parked.account.creditor_id, parked.stage, parked.error);
}

void release_parked(db::Transaction& tx) {
    tx.exec("DELETE FROM accounts.parked_account");
}

} // namespace harmonia::settle::accounts

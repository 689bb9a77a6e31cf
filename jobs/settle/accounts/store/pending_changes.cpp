#include "jobs/settle/accounts/store/pending_changes.hpp"

#include <set>
#include <tuple>

namespace harmonia::settle::accounts {

void copy_pending(db::Transaction& tx, std::span<const smp::PendingBalanceChange> changes) {
    db::CopyIn copy(tx, "accounts.pending_balance_change",
                    {"debtor_id", "creditor_id", "other_creditor_id", "change_id",
                     "principal_delta", "committed_at", "coordinator_type", "transfer_note_format",
                     "transfer_note"});
    for (const smp::PendingBalanceChange& c : changes) {
        copy.field(c.account.debtor_id).field(c.account.creditor_id);
        copy.field(c.other_creditor_id).field(c.change_id).field(c.principal_delta);
        copy.field(db::Instant{c.committed_at_us}).field(c.coordinator_type);
        copy.field(c.note.format).field(c.note.text).end_row();
    }
    copy.finish();
}

std::size_t register_changes(db::Transaction& tx,
                             const std::vector<smp::PendingBalanceChange>& changes) {
    db::ArrayText debtors, others, ids, creditors, deltas, times;
    for (const smp::PendingBalanceChange& c : changes) {
        debtors.add(c.account.debtor_id);
        others.add(c.other_creditor_id);
        ids.add(c.change_id);
        creditors.add(c.account.creditor_id);
        deltas.add(c.principal_delta);
        times.add(db::Instant{c.committed_at_us});
    }
    const db::Result rows = tx.exec(R"(
        INSERT INTO accounts.registered_balance_change (debtor_id, other_creditor_id, change_id,
                                                        creditor_id, principal_delta, committed_at)
        SELECT *
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                    $6::timestamptz[])
        ON CONFLICT DO NOTHING
        RETURNING debtor_id, other_creditor_id, change_id)",
                                    debtors, others, ids, creditors, deltas, times);
    std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> fresh;
    for (const db::Row row : rows)
        fresh.emplace(row.integer("debtor_id"), row.integer("other_creditor_id"),
                      row.integer("change_id"));
    std::vector<smp::PendingBalanceChange> pending;
    for (const smp::PendingBalanceChange& c : changes)
        if (fresh.erase({c.account.debtor_id, c.other_creditor_id, c.change_id}) > 0)
            pending.push_back(c);
    copy_pending(tx, pending);
    return rows.size();
}

} // namespace harmonia::settle::accounts

#include "jobs/settle/accounts/store/pending.hpp"

#include <fmt/format.h>

#include <limits>

namespace harmonia::settle::accounts {

Cursor Cursor::start() {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    return {{least, least}, least};
}

std::vector<PendingRow> peek(db::Transaction& tx, const PendingTable& table, const Cursor& behind,
                             std::size_t limit) {
    const char* of_transfers = R"(,
               recipient_creditor_id, coordinator_type = 'agent' AS within_agent,
               (extract(epoch FROM now() - received_at) * 1000000)::bigint AS age_us)";
    const db::Result rows = tx.exec(
        fmt::format(R"(
        SELECT debtor_id, {0}, {1}, ctid{2}
        FROM accounts.{3}
        WHERE (debtor_id, {0}, {1}) > ($1::bigint, $2::bigint, $3::bigint)
        ORDER BY debtor_id, {0}, {1}
        LIMIT $4)",
                    table.account, table.number, table.transfers ? of_transfers : "", table.name),
        behind.account.debtor_id, behind.account.creditor_id, behind.number, limit);
    std::vector<PendingRow> pending;
    pending.reserve(rows.size());
    for (const db::Row row : rows) {
        PendingRow& seen = pending.emplace_back();
        seen.account = {row.integer("debtor_id"), row.integer(table.account)};
        seen.number = row.integer(table.number);
        seen.ctid = row.text("ctid");
        if (!table.transfers)
            continue;
        seen.recipient = row.optional_integer("recipient_creditor_id");
        seen.within_agent = row.boolean("within_agent");
        seen.age_us = row.integer("age_us");
    }
    return pending;
}

// The number is compared too: a ctid that was freed and used again since belongs to another row.
db::Result take(db::Transaction& tx, const PendingTable& table,
                std::span<const PendingRow* const> rows) {
    db::ArrayText places, numbers;
    for (const PendingRow* row : rows) {
        places.add(row->ctid);
        numbers.add(row->number);
    }
    return tx.exec(fmt::format(R"(
        DELETE FROM accounts.{0}
        WHERE ctid = ANY($1::tid[])
          AND {1} = ANY($2::bigint[])
        RETURNING debtor_id, {2}, {3})",
                               table.name, table.number, table.account, table.columns),
                   places, numbers);
}

} // namespace harmonia::settle::accounts

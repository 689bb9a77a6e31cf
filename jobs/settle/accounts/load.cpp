#include "jobs/settle/accounts/load.hpp"

#include "jobs/settle/accounts/sql_text.hpp"

#include <fmt/format.h>

#include <limits>

namespace harmonia::settle::accounts {
namespace {

std::pair<ArrayText, ArrayText> key_arrays(std::span<const AccountKey> keys) {
    std::pair<ArrayText, ArrayText> arrays;
    for (const AccountKey& key : keys) {
        arrays.first.add(key.debtor_id);
        arrays.second.add(key.creditor_id);
    }
    return arrays;
}

constexpr const char* k_keys = "unnest($1::bigint[], $2::bigint[]) AS k (debtor_id, creditor_id)";

} // namespace

Cursor Cursor::start() {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    return {{least, least}, least};
}

std::vector<Waiting> look(db::Transaction& tx, const WaitingTable& table, const Cursor& behind,
                          std::size_t limit) {
    const char* more = table.transfers ? ", recipient_creditor_id, coordinator_type = 'agent', "
                                         "(extract(epoch FROM now() - received_at) * 1000000)"
                                         "::bigint"
                                       : "";
    const db::Result rows =
        tx.exec(fmt::format("SELECT debtor_id, {0}, {1}, ctid{2} FROM accounts.{3} WHERE "
                            "(debtor_id, {0}, {1}) > ($1::bigint, $2::bigint, $3::bigint) "
                            "ORDER BY debtor_id, {0}, {1} LIMIT $4",
                            table.account, table.number, more, table.name),
                behind.account.debtor_id, behind.account.creditor_id, behind.number, limit);
    std::vector<Waiting> waiting(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Waiting& w = waiting[i];
        w.account = {rows.integer(i, 0), rows.integer(i, 1)};
        w.number = rows.integer(i, 2);
        w.place = rows.text(i, 3);
        if (!table.transfers)
            continue;
        if (!rows.is_null(i, 4))
            w.recipient = rows.integer(i, 4);
        w.within_agent = rows.boolean(i, 5);
        w.waited_us = rows.integer(i, 6);
    }
    return waiting;
}

// The number is compared too: a place that was freed and filled again since holds another row.
db::Result take(db::Transaction& tx, const WaitingTable& table,
                std::span<const Waiting* const> rows) {
    ArrayText places, numbers;
    for (const Waiting* row : rows) {
        places.add_text(row->place);
        numbers.add(row->number);
    }
    return tx.exec(fmt::format("DELETE FROM accounts.{} WHERE ctid = ANY($1::tid[]) AND "
                               "{} = ANY($2::bigint[]) RETURNING debtor_id, {}, {}",
                               table.name, table.number, table.account, table.columns),
                   places.param(), numbers.param());
}

std::vector<Account> lock_accounts(db::Transaction& tx, std::span<const AccountKey> keys) {
    const auto [debtors, creditors] = key_arrays(keys);
    const db::Result rows =
        tx.exec(fmt::format("SELECT {} FROM {} JOIN accounts.account a "
                            "USING (debtor_id, creditor_id) ORDER BY a.debtor_id, a.creditor_id "
                            "FOR NO KEY UPDATE OF a SKIP LOCKED",
                            account_columns(), k_keys),
                debtors.param(), creditors.param());
    std::vector<Account> accounts;
    accounts.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        accounts.push_back(account_from(rows, row));
    return accounts;
}

std::vector<AccountKey> missing_accounts(db::Transaction& tx, std::span<const AccountKey> keys) {
    std::vector<AccountKey> missing;
    if (keys.empty())
        return missing;
    const auto [debtors, creditors] = key_arrays(keys);
    const db::Result rows = tx.exec(
        fmt::format("SELECT k.debtor_id, k.creditor_id FROM {} WHERE NOT EXISTS (SELECT FROM "
                    "accounts.account a WHERE a.debtor_id = k.debtor_id AND "
                    "a.creditor_id = k.creditor_id)",
                    k_keys),
        debtors.param(), creditors.param());
    for (std::size_t row = 0; row < rows.size(); ++row)
        missing.push_back({rows.integer(row, 0), rows.integer(row, 1)});
    return missing;
}

const char* account_columns() {
    return "a.debtor_id, a.creditor_id, a.creation_date, a.last_change_seqnum, a.last_change_ts, "
           "a.principal, a.interest, a.interest_rate, a.previous_interest_rate, "
           "a.last_interest_rate_change_ts, a.last_config_ts, a.last_config_seqnum, "
           "a.negligible_amount, a.config_flags, a.config_data, a.debtor_info_iri, "
           "a.debtor_info_content_type, upper(encode(a.debtor_info_sha256, 'hex')), "
           "a.last_transfer_number, a.last_transfer_committed_at, a.status_flags, "
           "a.total_locked_amount, a.pending_transfers_count, a.last_transfer_id, "
           "a.last_heartbeat_ts, a.last_interest_capitalization_ts, a.last_deletion_attempt_ts, "
           "a.pending_account_update, a.ctid";
}

Account account_from(const db::Result& rows, std::size_t row, std::size_t first_column) {
    std::size_t column = first_column;
    const auto number = [&] { return rows.integer(row, column++); };
    const auto small = [&] { return static_cast<std::int32_t>(rows.integer(row, column++)); };
    const auto instant = [&] { return instant_from(rows.text(row, column++)); };
    const auto single = [&] { return single_from(rows.text(row, column++)); };
    const auto text = [&] { return std::string(rows.text(row, column++)); };
    Account a;
    a.key.debtor_id = number();
    a.key.creditor_id = number();
    a.creation_date = date_from(rows.text(row, column++));
    a.last_change_seqnum = small();
    a.last_change_ts_us = instant();
    a.principal = number();
    a.interest = real_from(rows.text(row, column++));
    a.interest_rate = single();
    a.previous_interest_rate = single();
    a.last_interest_rate_change_ts_us = instant();
    a.last_config_ts_us = instant();
    a.last_config_seqnum = small();
    a.negligible_amount = single();
    a.config_flags = small();
    a.config_data = text();
    a.debtor_info.iri = text();
    a.debtor_info.content_type = text();
    a.debtor_info.sha256 = text();
    a.last_transfer_number = number();
    a.last_transfer_committed_at_us = instant();
    a.status_flags = small();
    a.total_locked_amount = number();
    a.pending_transfers_count = small();
    a.last_transfer_id = number();
    a.last_heartbeat_ts_us = instant();
    a.last_interest_capitalization_ts_us = instant();
    a.last_deletion_attempt_ts_us = instant();
    a.pending_account_update = rows.boolean(row, column++);
    a.place = text();
    return a;
}

std::vector<PreparedTransfer>
open_transfers(db::Transaction& tx,
               std::span<const std::pair<AccountKey, std::int64_t>> transfers) {
    ArrayText debtors, senders, ids;
    for (const auto& [sender, id] : transfers) {
        debtors.add(sender.debtor_id);
        senders.add(sender.creditor_id);
        ids.add(id);
    }
    const db::Result rows = tx.exec(
        fmt::format("SELECT {} FROM (SELECT DISTINCT * FROM unnest($1::bigint[], $2::bigint[], "
                    "$3::bigint[])) AS k (debtor_id, sender_creditor_id, transfer_id) "
                    "JOIN accounts.prepared_transfer p "
                    "USING (debtor_id, sender_creditor_id, transfer_id)",
                    prepared_columns()),
        debtors.param(), senders.param(), ids.param());
    std::vector<PreparedTransfer> found;
    found.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        found.push_back(prepared_from(rows, row));
    return found;
}

const char* prepared_columns() {
    return "p.debtor_id, p.sender_creditor_id, p.transfer_id, p.coordinator_type, "
           "p.coordinator_id, p.coordinator_request_id, p.recipient_creditor_id, p.prepared_at, "
           "p.deadline, p.final_interest_rate_ts, p.demurrage_rate, p.locked_amount, "
           "p.last_reminder_ts, p.ctid";
}

PreparedTransfer prepared_from(const db::Result& rows, std::size_t row) {
    PreparedTransfer p;
    p.sender = {rows.integer(row, 0), rows.integer(row, 1)};
    p.transfer_id = rows.integer(row, 2);
    p.coordinator = {std::string(rows.text(row, 3)), rows.integer(row, 4), rows.integer(row, 5)};
    p.recipient_creditor_id = rows.integer(row, 6);
    p.prepared_at_us = instant_from(rows.text(row, 7));
    p.deadline_us = instant_from(rows.text(row, 8));
    p.final_interest_rate_ts_us = instant_from(rows.text(row, 9));
    p.demurrage_rate = real_from(rows.text(row, 10));
    p.locked_amount = rows.integer(row, 11);
    if (!rows.is_null(row, 12))
        p.last_reminder_ts_us = instant_from(rows.text(row, 12));
    p.place = rows.text(row, 13);
    return p;
}

std::int64_t transaction_time(db::Transaction& tx) {
    return instant_from(tx.exec("SELECT now()").text(0, 0));
}

std::vector<std::int64_t> new_change_ids(db::Transaction& tx, std::size_t count) {
    const db::Result rows =
        tx.exec("SELECT nextval('accounts.change_id') FROM generate_series(1, $1)", count);
    std::vector<std::int64_t> ids(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
        ids[row] = rows.integer(row, 0);
    return ids;
}

} // namespace harmonia::settle::accounts

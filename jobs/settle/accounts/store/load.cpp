#include "jobs/settle/accounts/store/load.hpp"

#include "jobs/settle/accounts/store/key_arrays.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

// In the order in which account_of() reads them: a row is looked through from name to name.
constexpr const char* k_account_columns = R"(
               a.debtor_id, a.creditor_id, a.creation_date, a.last_change_seqnum, a.last_change_ts,
               a.principal, a.interest, a.interest_rate, a.previous_interest_rate,
               a.last_interest_rate_change_ts, a.last_config_ts, a.last_config_seqnum,
               a.negligible_amount, a.config_flags, a.config_data, a.debtor_info_iri,
               a.debtor_info_content_type,
               upper(encode(a.debtor_info_sha256, 'hex')) AS debtor_info_sha256,
               a.last_transfer_number, a.last_transfer_committed_at, a.status_flags,
               a.total_locked_amount, a.pending_transfers_count, a.last_transfer_id,
               a.last_heartbeat_ts, a.last_interest_capitalization_ts, a.last_deletion_attempt_ts,
               a.pending_account_update, a.ctid)";

Account account_of(const db::Row& row) {
    const auto small = [&](std::string_view column) {
        return static_cast<std::int32_t>(row.integer(column));
    };
    Account a;
    a.key.debtor_id = row.integer("debtor_id");
    a.key.creditor_id = row.integer("creditor_id");
    a.creation_date = row.date("creation_date").days;
    a.last_change_seqnum = small("last_change_seqnum");
    a.last_change_ts_us = row.instant("last_change_ts").us;
    a.principal = row.integer("principal");
    a.interest = row.real("interest");
    a.interest_rate = row.single("interest_rate");
    a.previous_interest_rate = row.single("previous_interest_rate");
    a.last_interest_rate_change_ts_us = row.instant("last_interest_rate_change_ts").us;
    a.last_config_ts_us = row.instant("last_config_ts").us;
    a.last_config_seqnum = small("last_config_seqnum");
    a.negligible_amount = row.single("negligible_amount");
    a.config_flags = small("config_flags");
    a.config_data = row.text("config_data");
    a.debtor_info.iri = row.text("debtor_info_iri");
    a.debtor_info.content_type = row.text("debtor_info_content_type");
    a.debtor_info.sha256 = row.text("debtor_info_sha256");
    a.last_transfer_number = row.integer("last_transfer_number");
    a.last_transfer_committed_at_us = row.instant("last_transfer_committed_at").us;
    a.status_flags = small("status_flags");
    a.total_locked_amount = row.integer("total_locked_amount");
    a.pending_transfers_count = small("pending_transfers_count");
    a.last_transfer_id = row.integer("last_transfer_id");
    a.last_heartbeat_ts_us = row.instant("last_heartbeat_ts").us;
    a.last_interest_capitalization_ts_us = row.instant("last_interest_capitalization_ts").us;
    a.last_deletion_attempt_ts_us = row.instant("last_deletion_attempt_ts").us;
    a.pending_account_update = row.boolean("pending_account_update");
    a.ctid = row.text("ctid");
    return a;
}

std::vector<Account> accounts_of(const db::Result& rows) {
    std::vector<Account> accounts;
    accounts.reserve(rows.size());
    for (const db::Row row : rows)
        accounts.push_back(account_of(row));
    return accounts;
}

constexpr const char* k_transfer_columns = R"(
               p.debtor_id, p.sender_creditor_id, p.transfer_id, p.coordinator_type,
               p.coordinator_id, p.coordinator_request_id, p.recipient_creditor_id, p.prepared_at,
               p.deadline, p.final_interest_rate_ts, p.demurrage_rate, p.locked_amount,
               p.last_reminder_ts, p.ctid)";

OpenTransfer transfer_of(const db::Row& row) {
    OpenTransfer p;
    p.sender = {row.integer("debtor_id"), row.integer("sender_creditor_id")};
    p.transfer_id = row.integer("transfer_id");
    p.coordinator = {std::string(row.text("coordinator_type")), row.integer("coordinator_id"),
                     row.integer("coordinator_request_id")};
    p.recipient_creditor_id = row.integer("recipient_creditor_id");
    p.prepared_at_us = row.instant("prepared_at").us;
    p.deadline_us = row.instant("deadline").us;
    p.final_interest_rate_ts_us = row.instant("final_interest_rate_ts").us;
    p.demurrage_rate = row.real("demurrage_rate");
    p.locked_amount = row.integer("locked_amount");
    if (const auto reminded = row.optional_instant("last_reminder_ts"))
        p.last_reminder_ts_us = reminded->us;
    p.ctid = row.text("ctid");
    return p;
}

db::ArrayText indexes_below(std::size_t count) {
    db::ArrayText indexes;
    for (std::size_t i = 0; i < count; ++i)
        indexes.add(i);
    return indexes;
}

std::vector<OpenTransfer> transfers_of(const db::Result& rows) {
    std::vector<OpenTransfer> transfers;
    transfers.reserve(rows.size());
    for (const db::Row row : rows)
        transfers.push_back(transfer_of(row));
    return transfers;
}

} // namespace

std::vector<Account> lock_accounts(db::Transaction& tx, std::span<const AccountKey> keys) {
    const KeyArrays arrays(keys);
    return accounts_of(tx.exec(fmt::format(R"(
        SELECT {}
        FROM unnest($1::bigint[], $2::bigint[]) AS k (debtor_id, creditor_id)
        JOIN accounts.account a USING (debtor_id, creditor_id)
        ORDER BY a.debtor_id, a.creditor_id
        FOR NO KEY UPDATE OF a SKIP LOCKED)",
                                           k_account_columns),
                               arrays.debtors, arrays.creditors));
}

std::vector<AccountKey> missing_accounts(db::Transaction& tx, std::span<const AccountKey> keys) {
    std::vector<AccountKey> missing;
    if (keys.empty())
        return missing;
    const KeyArrays arrays(keys);
    const db::Result rows = tx.exec(R"(
        SELECT k.debtor_id, k.creditor_id
        FROM unnest($1::bigint[], $2::bigint[]) AS k (debtor_id, creditor_id)
        WHERE NOT EXISTS (
            SELECT FROM accounts.account a
            WHERE a.debtor_id = k.debtor_id AND a.creditor_id = k.creditor_id))",
                                    arrays.debtors, arrays.creditors);
    for (const db::Row row : rows)
        missing.push_back({row.integer("debtor_id"), row.integer("creditor_id")});
    return missing;
}

std::vector<Account> accounts_behind(db::Transaction& tx, const AccountKey& behind,
                                     std::size_t limit) {
    return accounts_of(tx.exec(fmt::format(R"(
        SELECT {}
        FROM accounts.account a
        WHERE (a.debtor_id, a.creditor_id) > ($1::bigint, $2::bigint)
        ORDER BY a.debtor_id, a.creditor_id
        LIMIT $3)",
                                           k_account_columns),
                               behind.debtor_id, behind.creditor_id, limit));
}

std::vector<OpenTransfer> open_transfers(db::Transaction& tx, std::span<const TransferKey> keys) {
    KeyArrays senders;
    db::ArrayText ids;
    for (const auto& [sender, id] : keys) {
        senders.add(sender);
        ids.add(id);
    }
    return transfers_of(tx.exec(fmt::format(R"(
        SELECT {}
        FROM (SELECT DISTINCT *
              FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]))
             AS k (debtor_id, sender_creditor_id, transfer_id)
        JOIN accounts.prepared_transfer p USING (debtor_id, sender_creditor_id, transfer_id))",
                                            k_transfer_columns),
                                senders.debtors, senders.creditors, ids));
}

std::vector<OpenTransfer> open_transfers_behind(db::Transaction& tx, const TransferKey& behind,
                                                std::size_t limit) {
    const auto& [sender, id] = behind;
    return transfers_of(tx.exec(fmt::format(R"(
        SELECT {}
        FROM accounts.prepared_transfer p
        WHERE (p.debtor_id, p.sender_creditor_id, p.transfer_id) >
              ($1::bigint, $2::bigint, $3::bigint)
        ORDER BY p.debtor_id, p.sender_creditor_id, p.transfer_id
        LIMIT $4)",
                                            k_transfer_columns),
                                sender.debtor_id, sender.creditor_id, id, limit));
}

std::vector<std::size_t> load_reachable(db::Transaction& tx, std::span<const AccountKey> keys) {
    const KeyArrays arrays(keys);
    const db::ArrayText indexes = indexes_below(keys.size());
    const db::Result rows = tx.exec(R"(
        SELECT k.place
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k (debtor_id, creditor_id, place)
        JOIN accounts.account a USING (debtor_id, creditor_id)
        WHERE a.status_flags & 1 = 0
          AND a.config_flags & 1 = 0)",
                                    arrays.debtors, arrays.creditors, indexes);
    std::vector<std::size_t> found;
    for (const db::Row row : rows)
        found.push_back(static_cast<std::size_t>(row.integer("place")));
    return found;
}

std::vector<std::pair<std::size_t, std::string>>
load_root_configs(db::Transaction& tx, std::span<const std::int64_t> debtors) {
    db::ArrayText ids;
    for (const std::int64_t debtor : debtors)
        ids.add(debtor);
    const db::ArrayText indexes = indexes_below(debtors.size());
    const db::Result rows = tx.exec(R"(
        SELECT k.place, a.config_data
        FROM unnest($1::bigint[], $2::bigint[]) AS k (debtor_id, place)
        JOIN accounts.account a ON a.debtor_id = k.debtor_id AND a.creditor_id = 0)",
                                    ids, indexes);
    std::vector<std::pair<std::size_t, std::string>> found;
    for (const db::Row row : rows)
        found.emplace_back(static_cast<std::size_t>(row.integer("place")), row.text("config_data"));
    return found;
}

std::vector<std::int64_t> new_change_ids(db::Transaction& tx, std::size_t count) {
    const db::Result rows =
        tx.exec("SELECT nextval('accounts.change_id') AS id FROM generate_series(1, $1)", count);
    std::vector<std::int64_t> ids;
    ids.reserve(rows.size());
    for (const db::Row row : rows)
        ids.push_back(row.integer("id"));
    return ids;
}

} // namespace harmonia::settle::accounts

#include "jobs/settle/accounts/store/foreign.hpp"

#include <fmt/format.h>

#include <optional>

namespace harmonia::settle::accounts {
namespace {

struct Owned {
    const char* table;
    const char* keys; ///< SELECT of the ids that say whose each row is
};
constexpr Owned k_owned[] = {
    {"account", "SELECT debtor_id AS d, creditor_id AS c FROM accounts.account"},
    {"prepared_transfer",
     "SELECT debtor_id AS d, sender_creditor_id AS c FROM accounts.prepared_transfer"},
    {"configure_request",
     "SELECT debtor_id AS d, creditor_id AS c FROM accounts.configure_request"},
    {"chore_request", "SELECT debtor_id AS d, creditor_id AS c FROM accounts.chore_request"},
    {"transfer_request",
     "SELECT debtor_id AS d, sender_creditor_id AS c FROM accounts.transfer_request"},
    {"finalization_request",
     "SELECT debtor_id AS d, sender_creditor_id AS c FROM accounts.finalization_request"},
    {"pending_balance_change",
     "SELECT debtor_id AS d, creditor_id AS c FROM accounts.pending_balance_change"},
    // The key is DEBTOR/CREDITOR of the owner or sender. A balance change may leave from any shard:
    // its receiver recognizes a duplicate.
    {"outbox", R"(
            SELECT split_part(key, '/', 1)::bigint AS d, split_part(key, '/', 2)::bigint AS c
            FROM ops.outbox
            WHERE area = 'accounts'
              AND kind <> 'PendingBalanceChange')"},
};

constexpr History k_histories[] = {{"registered_balance_change", "creditor_id"},
                                   {"sent_balance_change", "other_creditor_id"}};

/// The last key of the next slice behind the cursor; empty at the end.
std::optional<Cursor> slice_end(db::Transaction& tx, const History& history, std::size_t slice,
                                const Cursor& behind) {
    const db::Result last =
        tx.exec(fmt::format(R"(
        SELECT debtor_id, other_creditor_id, change_id
        FROM (SELECT debtor_id, other_creditor_id, change_id
              FROM accounts.{}
              WHERE (debtor_id, other_creditor_id, change_id) >
                    ($1::bigint, $2::bigint, $3::bigint)
              ORDER BY 1, 2, 3
              LIMIT $4) s
        ORDER BY 1 DESC, 2 DESC, 3 DESC
        LIMIT 1)",
                            history.table),
                behind.account.debtor_id, behind.account.creditor_id, behind.number, slice);
    const auto row = last.optional_row();
    if (!row)
        return std::nullopt;
    return Cursor{{row->integer("debtor_id"), row->integer("other_creditor_id")},
                  row->integer("change_id")};
}

} // namespace

std::vector<ForeignRows> foreign_rows(db::Connection& connection, const smp::Realm& realm) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    std::vector<ForeignRows> found;
    for (const Owned& owned : k_owned) {
        const db::Result counted = tx.exec(fmt::format(R"(
        SELECT count(*) AS rows
        FROM ({}) o
        WHERE accounts.sharding_key(o.d, o.c) & $1::bigint <> $2::bigint)",
                                                       owned.keys),
                                           realm.mask(), realm.prefix());
        const std::int64_t rows = counted.only().integer("rows");
        if (rows > 0)
            found.push_back({owned.table, rows});
    }
    return found;
}

std::uint64_t delete_foreign_messages(db::Transaction& tx, const smp::Realm& realm,
                                      std::size_t limit) {
    const db::Result gone = tx.exec(R"(
        DELETE FROM ops.outbox
        WHERE id = ANY(ARRAY(
            SELECT id
            FROM ops.outbox
            WHERE area = 'accounts'
              AND kind <> 'PendingBalanceChange'
              AND accounts.sharding_key(split_part(key, '/', 1)::bigint,
                                        split_part(key, '/', 2)::bigint) & $1::bigint <> $2::bigint
            LIMIT $3)))",
                                    realm.mask(), realm.prefix(), limit);
    return gone.affected();
}

std::span<const History> histories() {
    return k_histories;
}

bool delete_foreign_history(db::Transaction& tx, const History& history, const smp::Realm& realm,
                            std::size_t slice, Cursor& behind, std::uint64_t& deleted) {
    const auto end = slice_end(tx, history, slice, behind);
    if (!end)
        return false;
    const db::Result gone = tx.exec(fmt::format(R"(
        DELETE FROM accounts.{0} r
        WHERE (debtor_id, other_creditor_id, change_id) > ($1::bigint, $2::bigint, $3::bigint)
          AND (debtor_id, other_creditor_id, change_id) <= ($4::bigint, $5::bigint, $6::bigint)
          AND accounts.sharding_key(debtor_id, {1}) & $7::bigint <> $8::bigint)",
                                                history.table, history.owner),
                                    behind.account.debtor_id, behind.account.creditor_id,
                                    behind.number, end->account.debtor_id, end->account.creditor_id,
                                    end->number, realm.mask(), realm.prefix());
    deleted += gone.affected();
    behind = *end;
    return true;
}

void delete_foreign_remains(db::Transaction& tx, const smp::Realm& realm) {
    for (const char* table : {"account_total", "parked_account"})
        tx.exec(fmt::format(R"(
        DELETE FROM accounts.{}
        WHERE accounts.sharding_key(debtor_id, creditor_id) & $1::bigint <> $2::bigint)",
                            table),
                realm.mask(), realm.prefix());
}

} // namespace harmonia::settle::accounts

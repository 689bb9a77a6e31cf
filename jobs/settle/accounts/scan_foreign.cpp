#include "jobs/settle/accounts/scan_foreign.hpp"

#include "core/base/stop.hpp"
#include "jobs/settle/accounts/load.hpp"
#include "jobs/settle/accounts/sql_text.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace harmonia::settle::accounts {
namespace {

struct Archive {
    const char* table;
    const char* owner; ///< column: whose history it is
};
constexpr Archive k_archives[] = {{"registered_balance_change", "creditor_id"},
                                  {"sent_balance_change", "other_creditor_id"}};

/// The last key of the next slice behind the cursor; empty at the end.
std::optional<Cursor> slice_end(db::Transaction& tx, const Archive& archive, std::size_t slice,
                                const Cursor& behind) {
    const db::Result last = tx.exec(
        fmt::format("SELECT debtor_id, other_creditor_id, change_id FROM (SELECT debtor_id, "
                    "other_creditor_id, change_id FROM accounts.{} WHERE (debtor_id, "
                    "other_creditor_id, change_id) > ($1::bigint, $2::bigint, $3::bigint) "
                    "ORDER BY 1, 2, 3 LIMIT $4) s ORDER BY 1 DESC, 2 DESC, 3 DESC LIMIT 1",
                    archive.table),
        behind.account.debtor_id, behind.account.creditor_id, behind.number, slice);
    if (last.empty())
        return std::nullopt;
    return Cursor{{last.integer(0, 0), last.integer(0, 1)}, last.integer(0, 2)};
}

/// False at the end.
bool drop_slice(db::Transaction& tx, const Archive& archive, const smp::Realm& realm,
                std::size_t slice, Cursor& behind, std::uint64_t& dropped) {
    const auto end = slice_end(tx, archive, slice, behind);
    if (!end)
        return false;
    const db::Result gone = tx.exec(
        fmt::format("DELETE FROM accounts.{0} r WHERE (debtor_id, other_creditor_id, change_id) > "
                    "($1::bigint, $2::bigint, $3::bigint) AND (debtor_id, other_creditor_id, "
                    "change_id) <= ($4::bigint, $5::bigint, $6::bigint) AND "
                    "accounts.sharding_key(debtor_id, {1}) & $7::bigint <> $8::bigint",
                    archive.table, archive.owner),
        behind.account.debtor_id, behind.account.creditor_id, behind.number, end->account.debtor_id,
        end->account.creditor_id, end->number, realm.mask(), realm.prefix());
    dropped += gone.affected();
    behind = *end;
    return true;
}

} // namespace

// Both halves have a copy of what was not published yet. A balance change may leave twice: its
// receiver knows it again.
std::uint64_t drop_foreign_messages(db::Connection& connection, const Settings& settings) {
    for (std::uint64_t dropped = 0;;) {
        throw_if_stopped();
        db::Transaction tx(connection);
        const db::Result gone =
            tx.exec("DELETE FROM ops.outbox WHERE id = ANY(ARRAY(SELECT id FROM ops.outbox WHERE "
                    "area = 'accounts' AND kind <> 'PendingBalanceChange' AND "
                    "accounts.sharding_key(split_part(key, '/', 1)::bigint, "
                    "split_part(key, '/', 2)::bigint) & $1::bigint <> $2::bigint LIMIT $3))",
                    settings.realm.mask(), settings.realm.prefix(), settings.batch_rows);
        if (gone.affected() == 0)
            return dropped;
        tx.commit(Failpoint::settle_archive_commit);
        dropped += gone.affected();
    }
}

std::uint64_t drop_foreign_history(db::Connection& connection, const Settings& settings) {
    std::uint64_t dropped = 0;
    for (const Archive& archive : k_archives) {
        Cursor behind = Cursor::start();
        while (true) {
            throw_if_stopped();
            db::Transaction tx(connection);
            if (!drop_slice(tx, archive, settings.realm, settings.batch_rows, behind, dropped))
                break;
            tx.commit(Failpoint::settle_archive_commit);
        }
    }
    db::Transaction tx(connection);
    for (const char* table : {"account_total", "parked_account"})
        tx.exec(fmt::format("DELETE FROM accounts.{} WHERE accounts.sharding_key(debtor_id, "
                            "creditor_id) & $1::bigint <> $2::bigint",
                            table),
                settings.realm.mask(), settings.realm.prefix());
    tx.commit(Failpoint::settle_archive_commit);
    return dropped;
}

} // namespace harmonia::settle::accounts

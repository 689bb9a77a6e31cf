#include "jobs/settle/accounts/scan_archive.hpp"

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
    const char* owner;  ///< column: whose total it goes into
    const char* total;  ///< column of account_total
    const char* spared; ///< condition of rows (alias r) that stay
};
constexpr Archive k_archives[] = {
    {"registered_balance_change", "creditor_id", "applied",
     "EXISTS (SELECT FROM accounts.pending_balance_change p WHERE p.debtor_id = r.debtor_id AND "
     "p.creditor_id = r.creditor_id AND p.change_id = r.change_id AND p.other_creditor_id = "
     "r.other_creditor_id)"},
    {"sent_balance_change", "other_creditor_id", "sent", "false"},
};

void refuse_early_loss(db::Transaction& tx, const std::string& threshold) {
    const db::Result waiting = tx.exec(
        "SELECT (SELECT count(*) FROM accounts.pending_balance_change WHERE committed_at < "
        "$1::timestamptz) + (SELECT count(*) FROM ops.outbox WHERE area = 'accounts' AND kind = "
        "'PendingBalanceChange' AND created_at < $1::timestamptz)",
        threshold);
    if (waiting.integer(0, 0) > 0)
        throw Error(Exit::config,
                    fmt::format("{} balance changes from before accounts.archive_threshold are "
                                "still waiting",
                                waiting.integer(0, 0)),
                    "Choose an earlier date, or settle and export them first.");
}

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
bool fold_slice(db::Transaction& tx, const Archive& archive, const std::string& threshold,
                std::size_t slice, Cursor& behind, std::uint64_t& folded) {
    const auto end = slice_end(tx, archive, slice, behind);
    if (!end)
        return false;
    const Cursor& until = *end;
    const db::Result gone = tx.exec(
        fmt::format(
            "WITH gone AS (DELETE FROM accounts.{0} r WHERE (debtor_id, other_creditor_id, "
            "change_id) > ($1::bigint, $2::bigint, $3::bigint) AND (debtor_id, "
            "other_creditor_id, change_id) <= ($4::bigint, $5::bigint, $6::bigint) AND "
            "committed_at < $7::timestamptz AND NOT ({3}) RETURNING r.debtor_id, r.{1} AS owner, "
            "r.principal_delta), sums AS (INSERT INTO accounts.account_total AS t (debtor_id, "
            "creditor_id, {2}) SELECT debtor_id, owner, sum(principal_delta) FROM gone "
            "GROUP BY 1, 2 ORDER BY 1, 2 ON CONFLICT (debtor_id, creditor_id) DO UPDATE SET "
            "{2} = t.{2} + excluded.{2}) SELECT count(*) FROM gone",
            archive.table, archive.owner, archive.total, archive.spared),
        behind.account.debtor_id, behind.account.creditor_id, behind.number,
        until.account.debtor_id, until.account.creditor_id, until.number, threshold);
    folded += static_cast<std::uint64_t>(gone.integer(0, 0));
    behind = until;
    return true;
}

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

template <typename Slice>
void each_slice(db::Connection& connection, const Slice& slice) {
    for (const Archive& archive : k_archives) {
        Cursor behind = Cursor::start();
        while (true) {
            throw_if_stopped();
            db::Transaction tx(connection);
            if (!slice(tx, archive, behind))
                break;
            tx.commit(Failpoint::settle_archive_commit);
        }
    }
}

} // namespace

std::uint64_t fold_archive(db::Connection& connection, const Settings& settings) {
    if (settings.archive_threshold_us <= 0)
        return 0;
    const std::string threshold(InstantText(settings.archive_threshold_us).view());
    {
        db::Transaction tx(connection);
        refuse_early_loss(tx, threshold);
        tx.exec("UPDATE accounts.archive SET folded_before = $1::timestamptz "
                "WHERE folded_before < $1::timestamptz",
                threshold);
        tx.commit(Failpoint::settle_archive_commit);
    }
    std::uint64_t folded = 0;
    each_slice(connection, [&](db::Transaction& tx, const Archive& archive, Cursor& behind) {
        return fold_slice(tx, archive, threshold, settings.batch_rows, behind, folded);
    });
    return folded;
}

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
    each_slice(connection, [&](db::Transaction& tx, const Archive& archive, Cursor& behind) {
        return drop_slice(tx, archive, settings.realm, settings.batch_rows, behind, dropped);
    });
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

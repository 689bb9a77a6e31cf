#include "jobs/match/manual.hpp"

#include "core/base/json_text.hpp"
#include "core/db/lock.hpp"
#include "jobs/match/admit.hpp"
#include "jobs/match/reason.hpp"
#include "jobs/match/store.hpp"

#include <fmt/format.h>

namespace harmonia::match {

namespace {

constexpr long long k_listed_max = 1000; // more are no list that a person works through

db::SessionLock hold(db::Connection& connection, const Options& options,
                     const std::string& merchant) {
    auto lock =
        db::SessionLock::acquire(connection, db::LockClass::match_merchant, merchant, options.wait);
    if (!lock)
        throw Error(Exit::try_again, "merchant " + merchant + " is busy in another run",
                    "Try again, or wait for it with --wait.");
    return std::move(*lock);
}

[[noreturn]] void refuse(const std::string& what) {
    throw Error(Exit::data, what);
}

[[noreturn]] void missing(const std::string& what) {
    throw Error(Exit::no_input, what);
}

/// A payment and a row as `force` needs them, read under the merchant's lock.
struct Chosen {
    Payment payment;
    SchemeRow scheme;
    std::int64_t amount = 0;
    std::string currency, network, feed_type, payment_text, scheme_text, mid;
};

std::string merchant_of_payment(db::Connection& connection, std::int64_t payment_id) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result found =
        tx.exec("SELECT merchant_slug FROM harmonia.payment_transaction WHERE id = $1", payment_id);
    if (found.empty())
        missing(fmt::format("there is no payment {}", payment_id));
    return std::string(found.text(0, 0));
}

void check_payment(const db::Result& found, std::int64_t id, bool holders) {
    if (found.text(0, 0) != "PENDING")
        refuse(fmt::format("payment {} is {}, not PENDING", id, found.text(0, 0)));
    if (found.text(0, 1) == "REFUND")
        refuse(fmt::format("payment {} is a refund", id));
    if (found.text(0, 2) != "NONE" && found.text(0, 2) != "APPROVED")
        refuse(fmt::format("payment {} is not approved by screening: {}", id, found.text(0, 2)));
    if (holders && !found.boolean(0, 8))
        refuse(fmt::format("the card holder of payment {} is not known", id));
}

void read_payment(db::Transaction& tx, const Settings& settings, std::int64_t id, Chosen& chosen) {
    const db::Result p = tx.exec(
        "SELECT p.status, p.feed_type, p.screen, p.provider_slug, p.transaction_id, p.mid, "
        "p.spend_amount, p.spend_currency, EXISTS (SELECT FROM harmonia.card_holder h WHERE "
        "h.merchant_slug = p.merchant_slug AND h.card_token = p.card_token), "
        "(extract(epoch FROM p.transaction_date) * 1000000)::bigint "
        "FROM harmonia.payment_transaction p WHERE p.id = $1",
        id);
    if (p.empty())
        missing(fmt::format("there is no payment {}", id));
    check_payment(p, id, settings.identify == Identify::table);
    chosen.feed_type = p.text(0, 1);
    chosen.network = p.text(0, 3);
    chosen.payment_text = p.text(0, 4);
    chosen.mid = p.text(0, 5);
    chosen.amount = p.integer(0, 6);
    chosen.currency = p.text(0, 7);
    chosen.payment.id = id;
    chosen.payment.date_us = p.integer(0, 9);
}

void read_scheme(db::Transaction& tx, const std::string& merchant, std::int64_t id,
                 Chosen& chosen) {
    const db::Result s = tx.exec("SELECT status, provider_slug, transaction_id, spend_currency, "
                                 "(extract(epoch FROM transaction_date) * 1000000)::bigint "
                                 "FROM harmonia.scheme_transaction WHERE id = $1",
                                 id);
    if (s.empty())
        missing(fmt::format("there is no merchant's row {}", id));
    if (s.text(0, 1) != merchant)
        refuse(fmt::format("row {} belongs to {}, the payment to {}", id, s.text(0, 1), merchant));
    if (s.text(0, 0) != "PENDING")
        refuse(fmt::format("row {} is {}, not PENDING", id, s.text(0, 0)));
    if (s.text(0, 3) != chosen.currency)
        refuse(
            fmt::format("row {} is in {}, the payment in {}", id, s.text(0, 3), chosen.currency));
    chosen.scheme_text = s.text(0, 2);
    chosen.scheme.id = id;
    chosen.scheme.date_us = s.integer(0, 4);
}

Block forced_block(Chosen& chosen) {
    chosen.payment.mid = chosen.mid;
    chosen.scheme.transaction_id = chosen.scheme_text;
    Block block;
    block.payments.push_back({chosen.payment.id, chosen.scheme.id, true, true});
    block.schemes.push_back({chosen.scheme.id, true});
    block.matched = 1;
    std::string reason;
    ReasonWriter writer(reason);
    writer.begin(chosen.payment, chosen.amount, chosen.currency);
    writer.member("n", chosen.network);
    writer.member("mode", "forced");
    writer.member("t", chosen.scheme_text);
    writer.end();
    block.reasons.push_back({chosen.payment.id, chosen.network, chosen.feed_type,
                             chosen.payment_text, "forced", std::move(reason)});
    return block;
}

/// Export rows that nobody has delivered are withdrawn.
void withdraw(db::Transaction& tx, std::int64_t match_id) {
    const db::Result told = tx.exec(
        "SELECT provider_slug FROM harmonia.export_transaction e WHERE matched_transaction_id = $1 "
        "AND (status = 'EXPORTED' OR EXISTS (SELECT FROM harmonia.pending_export p "
        "WHERE p.export_transaction_id = e.id AND (p.delivery IS NOT NULL OR p.lease_until > "
        "now())))",
        match_id);
    if (!told.empty())
        refuse(fmt::format("match {} was delivered to {}, or is being delivered", match_id,
                           told.text(0, 0)));
    tx.exec("DELETE FROM harmonia.pending_export p USING harmonia.export_transaction e "
            "WHERE e.id = p.export_transaction_id AND e.matched_transaction_id = $1",
            match_id);
    tx.exec("UPDATE harmonia.export_transaction SET status = 'SUPPRESSED', updated_at = now() "
            "WHERE matched_transaction_id = $1 AND status <> 'SUPPRESSED'",
            match_id);
    tx.exec("DELETE FROM ops.outbox WHERE kind = 'match-notify' AND key = 'matched-' || $1::text",
            match_id);
}

void note_undone(db::Transaction& tx, std::int64_t payment_id, const std::string& scheme_text) {
    std::string reason = "{\"mode\":\"undone\",\"t\":";
    append_json(reason, scheme_text);
    reason += '}';
    tx.exec("INSERT INTO harmonia.match_reason (decided_at, payment_transaction_id, provider_slug, "
            "feed_type, transaction_id, outcome, rule_digest, reason) "
            "SELECT now(), id, provider_slug, feed_type, transaction_id, 'undone', '', $2 "
            "FROM harmonia.payment_transaction WHERE id = $1",
            payment_id, reason);
}

} // namespace

std::int64_t force(const Settings& settings, const Options& options, std::int64_t payment_id,
                   std::int64_t scheme_id) {
    const auto connection = db::connect(settings.database);
    const std::string merchant = merchant_of_payment(*connection, payment_id);
    const Declaration& declaration = settings.declarations.of(merchant);
    if (declaration.mode != Mode::rules)
        refuse(fmt::format("merchant {} has no rules: its mode is {}", merchant,
                           mode_name(declaration.mode)));
    const db::SessionLock lock = hold(*connection, options, merchant);
    admit(*connection, merchant); // a settlement that waits belongs to its authorisation first
    Chosen chosen;
    std::string now;
    {
        db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
        read_payment(tx, settings, payment_id, chosen);
        read_scheme(tx, merchant, scheme_id, chosen);
        now = start_time(tx).text;
    }
    const WriteFacts facts{merchant,
                           options.run_id,
                           "FORCED",
                           declaration.digest,
                           declaration.text,
                           now,
                           settings.exporting.contains(merchant),
                           settings.identify == Identify::table,
                           settings.notify_queue};
    store_rule(*connection, facts);
    BlockStore(*connection, facts).write(forced_block(chosen), Failpoint::match_manual_commit);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    return tx
        .exec("SELECT id FROM harmonia.matched_transaction WHERE payment_transaction_id = $1 "
              "AND undone_at IS NULL",
              payment_id)
        .integer(0, 0);
}

void undo(const Settings& settings, const Options& options, std::int64_t match_id) {
    const auto connection = db::connect(settings.database);
    std::string merchant;
    {
        db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
        const db::Result found = tx.exec(
            "SELECT merchant_slug FROM harmonia.matched_transaction WHERE id = $1", match_id);
        if (found.empty())
            missing(fmt::format("there is no match {}", match_id));
        merchant = found.text(0, 0);
    }
    const db::SessionLock lock = hold(*connection, options, merchant);
    db::Transaction tx(*connection);
    const db::Result undone =
        tx.exec("UPDATE harmonia.matched_transaction SET undone_at = now(), updated_at = now() "
                "WHERE id = $1 AND undone_at IS NULL "
                "RETURNING payment_transaction_id, scheme_transaction_id, transaction_id",
                match_id);
    if (undone.empty())
        refuse(fmt::format("match {} is undone already", match_id));
    if (undone.is_null(0, 1))
        refuse(fmt::format("match {} was spotted: it has no pair to undo", match_id));
    withdraw(tx, match_id);
    // New again, so that the next run looks at both.
    const auto release = [&](const char* table, std::size_t column) {
        const std::string sql = fmt::format(
            "UPDATE harmonia.{} SET status = 'PENDING', admitted_at = NULL, updated_at = now() "
            "WHERE id = $1 AND status = 'MATCHED'",
            table);
        if (tx.exec(sql, undone.integer(0, column)).affected() != 1)
            refuse(fmt::format("match {}: its rows are gone or not MATCHED", match_id));
    };
    release("payment_transaction", 0);
    release("scheme_transaction", 1);
    note_undone(tx, undone.integer(0, 0), std::string(undone.text(0, 2)));
    tx.commit(Failpoint::match_manual_commit);
}

std::vector<Ambiguous> list_ambiguous(const Settings& settings,
                                      const std::vector<std::string>& merchants) {
    const auto connection = db::connect(settings.database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result rows = tx.exec(
        "SELECT p.merchant_slug, p.id, p.transaction_id, p.transaction_date, p.spend_amount, "
        "p.spend_currency, coalesce((r.reason::jsonb ->> 'ok')::bigint, 0) "
        "FROM harmonia.payment_transaction p JOIN LATERAL (SELECT outcome, reason "
        "FROM harmonia.match_reason r WHERE r.payment_transaction_id = p.id "
        "ORDER BY decided_at DESC LIMIT 1) r ON r.outcome = 'ambiguous' "
        "WHERE p.admitted_at IS NOT NULL AND p.status = 'PENDING' AND p.stage = 'IDENTIFIED' "
        "AND p.feed_type <> 'REFUND' AND (cardinality($1::text[]) = 0 "
        "OR p.merchant_slug = ANY($1::text[])) "
        "ORDER BY p.transaction_date, p.provider_slug, p.transaction_id LIMIT $2",
        merchants, k_listed_max);
    std::vector<Ambiguous> found;
    for (std::size_t i = 0; i < rows.size(); ++i)
        found.push_back({std::string(rows.text(i, 0)), rows.integer(i, 1),
                         std::string(rows.text(i, 2)), std::string(rows.text(i, 3)),
                         rows.integer(i, 4), std::string(rows.text(i, 5)), rows.integer(i, 6)});
    return found;
}

} // namespace harmonia::match

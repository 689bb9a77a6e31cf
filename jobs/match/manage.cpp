#include "jobs/match/manage.hpp"

#include "core/db/lock.hpp"
#include "core/json/writer.hpp"
#include "jobs/match/predicates/reason.hpp"
#include "jobs/match/store.hpp"
#include "jobs/match/store_admission.hpp"

#include <fmt/format.h>

namespace harmonia::match {

namespace {

constexpr int k_listed_max = 1000; // nobody works through a longer list

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
    const auto found =
        tx.exec("SELECT merchant_slug FROM harmonia.payment_transaction WHERE id = $1", payment_id)
            .optional_row();
    if (!found)
        missing(fmt::format("there is no payment {}", payment_id));
    return std::string(found->text("merchant_slug"));
}

void check_payment(const db::Row& payment, std::int64_t id, bool holders) {
    const std::string_view status = payment.text("status"), screen = payment.text("screen");
    if (status != "PENDING")
        refuse(fmt::format("payment {} is {}, not PENDING", id, status));
    if (payment.text("feed_type") == "REFUND")
        refuse(fmt::format("payment {} is a refund", id));
    if (screen != "NONE" && screen != "APPROVED")
        refuse(fmt::format("payment {} is not approved by screening: {}", id, screen));
    if (holders && !payment.boolean("known_holder"))
        refuse(fmt::format("the card holder of payment {} is not known", id));
}

void read_payment(db::Transaction& tx, const Settings& settings, std::int64_t id, Chosen& chosen) {
    const auto payment = tx.exec(R"(
        SELECT p.status, p.feed_type, p.screen, p.provider_slug, p.transaction_id, p.mid,
               p.spend_amount, p.spend_currency, p.transaction_date,
               EXISTS (
                   SELECT FROM harmonia.card_holder h
                   WHERE h.merchant_slug = p.merchant_slug AND h.card_token = p.card_token
               ) AS known_holder
        FROM harmonia.payment_transaction p
        WHERE p.id = $1)",
                                 id)
                             .optional_row();
    if (!payment)
        missing(fmt::format("there is no payment {}", id));
    check_payment(*payment, id, settings.identify == Identify::table);
    chosen.feed_type = payment->text("feed_type");
    chosen.network = payment->text("provider_slug");
    chosen.payment_text = payment->text("transaction_id");
    chosen.mid = payment->text("mid");
    chosen.amount = payment->integer("spend_amount");
    chosen.currency = payment->text("spend_currency");
    chosen.payment.id = id;
    chosen.payment.date_us = payment->instant("transaction_date").us;
}

void read_scheme(db::Transaction& tx, const std::string& merchant, std::int64_t id,
                 Chosen& chosen) {
    const auto row = tx.exec(R"(
        SELECT status, provider_slug, transaction_id, spend_currency, transaction_date
        FROM harmonia.scheme_transaction
        WHERE id = $1)",
                             id)
                         .optional_row();
    if (!row)
        missing(fmt::format("there is no merchant row {}", id));
    const std::string_view owner = row->text("provider_slug"), status = row->text("status"),
                           currency = row->text("spend_currency");
    if (owner != merchant)
        refuse(fmt::format("row {} belongs to {}, the payment to {}", id, owner, merchant));
    if (status != "PENDING")
        refuse(fmt::format("row {} is {}, not PENDING", id, status));
    if (currency != chosen.currency)
        refuse(fmt::format("row {} is in {}, the payment in {}", id, currency, chosen.currency));
    chosen.scheme_text = row->text("transaction_id");
    chosen.scheme.id = id;
    chosen.scheme.date_us = row->instant("transaction_date").us;
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
    const db::Result delivered = tx.exec(R"(
        SELECT e.provider_slug
        FROM harmonia.export_transaction e
        WHERE e.matched_transaction_id = $1
          AND (e.status = 'EXPORTED' OR EXISTS (
              SELECT FROM harmonia.pending_export p
              WHERE p.export_transaction_id = e.id
                AND (p.delivery IS NOT NULL OR p.lease_until > now()))))",
                                         match_id);
    if (!delivered.empty())
        refuse(fmt::format("match {} was delivered to {}, or is being delivered", match_id,
                           delivered.row(0).text("provider_slug")));
    tx.exec(R"(
        DELETE FROM harmonia.pending_export p
        USING harmonia.export_transaction e
        WHERE e.id = p.export_transaction_id AND e.matched_transaction_id = $1)",
            match_id);
    tx.exec(R"(
        UPDATE harmonia.export_transaction
        SET status = 'SUPPRESSED', updated_at = now()
        WHERE matched_transaction_id = $1 AND status <> 'SUPPRESSED')",
            match_id);
    tx.exec("DELETE FROM ops.outbox WHERE kind = 'match-notify' AND key = 'matched-' || $1::text",
            match_id);
}

void note_undone(db::Transaction& tx, std::int64_t payment_id, std::string_view scheme_text) {
    std::string reason = "{\"mode\":\"undone\",\"t\":";
    json::append_string(reason, scheme_text);
    reason += '}';
    tx.exec(R"(
        INSERT INTO harmonia.match_reason
            (decided_at, payment_transaction_id, provider_slug, feed_type, transaction_id, outcome,
             rule_digest, reason)
        SELECT now(), id, provider_slug, feed_type, transaction_id, 'undone', '', $2
        FROM harmonia.payment_transaction
        WHERE id = $1)",
            payment_id, reason);
}

/// New again, so that the next run looks at it.
void release(db::Transaction& tx, const char* table, std::int64_t id, std::int64_t match_id) {
    const std::string sql = fmt::format(R"(
        UPDATE harmonia.{}
        SET status = 'PENDING', admitted_at = NULL, updated_at = now()
        WHERE id = $1 AND status = 'MATCHED')",
                                        table);
    if (tx.exec(sql, id).affected() != 1)
        refuse(fmt::format("match {}: its rows are gone or not MATCHED", match_id));
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
    admit(*connection, merchant); // a pending settlement belongs to its authorisation first
    Chosen chosen;
    db::Instant now;
    {
        db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
        read_payment(tx, settings, payment_id, chosen);
        read_scheme(tx, merchant, scheme_id, chosen);
        now = db::server_time(tx);
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
        .exec(R"(
        SELECT id
        FROM harmonia.matched_transaction
        WHERE payment_transaction_id = $1 AND undone_at IS NULL)",
              payment_id)
        .only()
        .integer("id");
}

void undo(const Settings& settings, const Options& options, std::int64_t match_id) {
    const auto connection = db::connect(settings.database);
    std::string merchant;
    {
        db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
        const auto found =
            tx.exec("SELECT merchant_slug FROM harmonia.matched_transaction WHERE id = $1",
                    match_id)
                .optional_row();
        if (!found)
            missing(fmt::format("there is no match {}", match_id));
        merchant = found->text("merchant_slug");
    }
    const db::SessionLock lock = hold(*connection, options, merchant);
    db::Transaction tx(*connection);
    const auto undone = tx.exec(R"(
        UPDATE harmonia.matched_transaction
        SET undone_at = now(), updated_at = now()
        WHERE id = $1 AND undone_at IS NULL
        RETURNING payment_transaction_id, scheme_transaction_id, transaction_id)",
                                match_id)
                            .optional_row();
    if (!undone)
        refuse(fmt::format("match {} is undone already", match_id));
    const auto scheme_id = undone->optional_integer("scheme_transaction_id");
    if (!scheme_id)
        refuse(fmt::format("match {} was spotted: it has no pair to undo", match_id));
    const std::int64_t payment_id = undone->integer("payment_transaction_id");
    withdraw(tx, match_id);
    release(tx, "payment_transaction", payment_id, match_id);
    release(tx, "scheme_transaction", *scheme_id, match_id);
    note_undone(tx, payment_id, undone->text("transaction_id"));
    tx.commit(Failpoint::match_manual_commit);
}

std::vector<Ambiguous> list_ambiguous(const Settings& settings,
                                      const std::vector<std::string>& merchants) {
    const auto connection = db::connect(settings.database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result rows = tx.exec(R"(
        SELECT p.merchant_slug, p.id, p.transaction_id, p.transaction_date, p.spend_amount,
               p.spend_currency, coalesce((r.reason::jsonb ->> 'ok')::bigint, 0) AS candidates
        FROM harmonia.payment_transaction p
        JOIN LATERAL (
            SELECT outcome, reason
            FROM harmonia.match_reason r
            WHERE r.payment_transaction_id = p.id
            ORDER BY decided_at DESC
            LIMIT 1) r ON r.outcome = 'ambiguous'
        WHERE p.admitted_at IS NOT NULL AND p.status = 'PENDING' AND p.stage = 'IDENTIFIED'
          AND p.feed_type <> 'REFUND'
          AND (cardinality($1::text[]) = 0 OR p.merchant_slug = ANY($1::text[]))
        ORDER BY p.transaction_date, p.provider_slug, p.transaction_id
        LIMIT $2)",
                                    merchants, k_listed_max);
    std::vector<Ambiguous> found;
    for (const db::Row row : rows)
        found.push_back({std::string(row.text("merchant_slug")), row.integer("id"),
                         std::string(row.text("transaction_id")),
                         std::string(row.text("transaction_date")), row.integer("spend_amount"),
                         std::string(row.text("spend_currency")), row.integer("candidates")});
    return found;
}

} // namespace harmonia::match

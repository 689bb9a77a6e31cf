// A database with held payments and their facts, and `screen` over it: the counterpart of
// tests/unit/screen/world.hpp, with the same words.
#pragma once

#include "core/config/config.hpp"
#include "core/db/lock.hpp"
#include "jobs/screen/manage/versions.hpp"
#include "jobs/screen/run.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"
#include "tests/support/rulesets.hpp"

#include <fmt/format.h>

#include <map>
#include <string>

namespace harmonia::screen {

using Columns = std::map<std::string, std::string>; ///< column of fact → SQL literal

/// The velocity part of the shipped example: the fourth use of a card in ten minutes is reviewed.
inline constexpr const char* k_velocity = R"(harmonia_rules: 1
ruleset: cards
base_currency: EUR
timezone: Europe/Berlin
applies_to: kind in ["purchase", "verification"]
thresholds: {review: 40, decline: 80}
groups: {velocity: 60}
lists:
  stop_cards: {key: card, managed: true}
  vip:        {key: customer, managed: true}
features:
  card_n_10m: {count: txn, by: card, over: 10m}
rules:
  - {id: B-STOPLIST, when: card in stop_cards, action: block, reason: "card is on the stop list"}
  - {id: P-VIP, when: customer in vip and amount <= 200.00, action: allow, reason: "known"}
  - {id: V-CARD-10M, when: card_n_10m > 3, score: 45, group: velocity, reason: "{card_n_10m} uses"}
alerts:
  declined: {severity: critical, group_by: [ruleset, card]}
  review:   {severity: warning, group_by: [ruleset, queue]}
)";

class World {
public:
    explicit World(const std::string& yaml = k_velocity) {
        database.execute("INSERT INTO screening.value_list (name, key, created_by) VALUES "
                         "('stop_cards', 'card', 'test'), ('vip', 'customer', 'test')");
        if (!yaml.empty())
            activate(yaml);
    }
    test::TempDatabase database;

    /// Stores a rule set and makes it the live one; returns its version.
    int activate(const std::string& yaml) const { return test::activate_ruleset(database, yaml); }
    int submit(const std::string& yaml) const { return test::submit_ruleset(database, yaml); }

    /// A closed batch; what follows belongs to it.
    void batch() {
        batch_ = database.count("INSERT INTO ops.import_batch (feed, source, match_group, state, "
                                "close_seq, closed_at) VALUES ('orders', 'test', repeat('0', 32), "
                                "'loaded', nextval('ops.close_seq'), now()) RETURNING id");
    }
    /// One card's id in the database.
    [[nodiscard]] long long card(int number) const {
        database.execute(fmt::format(
            "INSERT INTO screening.card_ref (key_id, pan_hmac, first_n, last4, pan_len) VALUES "
            "(1, sha256('card {0}'), '411111', '{1}', 16) ON CONFLICT DO NOTHING",
            number, fmt::format("{:04}", number)));
        return database.count(fmt::format(
            "SELECT id FROM screening.card_ref WHERE pan_hmac = sha256('card {}')", number));
    }
    /// A held payment of 10.00 EUR with card 1 at an instant of 2026-03-04; returns its id.
    long long payment(const std::string& id, const std::string& time, const Columns& changes = {}) {
        if (batch_ == 0)
            batch();
        const std::string at = time.size() > 15 ? time : "2026-03-04 " + time + "Z";
        Columns row{{"source", "'shop-a'"},
                    {"feed_type", "'AUTH'"},
                    {"external_id", "'" + id + "'"},
                    {"ruleset", "'cards'"},
                    {"event_us", fmt::format("(extract(epoch FROM timestamptz '{}') * "
                                             "1000000)::bigint",
                                             at)},
                    {"kind", "'purchase'"},
                    {"amount_minor", "1000"},
                    {"currency", "'EUR'"},
                    {"customer", "'c1'"},
                    {"merchant", "'m1'"}};
        for (const auto& [column, value] : changes)
            row[column] = value;
        if (row.count("card_id") == 0)
            row["card_id"] = std::to_string(card(1));
        std::string columns, values;
        for (const auto& [column, value] : row) {
            columns += ", " + column;
            values += ", " + value;
        }
        return database.count(fmt::format(
            "WITH p AS (INSERT INTO harmonia.payment_transaction (provider_slug, feed_type, "
            "transaction_id, merchant_slug, merchant_identifier_ids, mid, transaction_date, "
            "spend_amount, spend_currency, card_token, batch_id, record_no, screen) VALUES "
            "('shop-a', 'AUTH', '{}', 'shop-a', '{{}}', 'm', '{}', 1000, 'EUR', 't', {}, {}, "
            "'HELD') RETURNING id), f AS (INSERT INTO screening.fact (payment_id, batch_id{}) "
            "SELECT id, {}{} FROM p) INSERT INTO screening.waiting (payment_id, ruleset, "
            "event_us, batch_id) SELECT id, {}, {}, {} FROM p RETURNING payment_id",
            id, at, batch_, ++record_, columns, batch_, values, row.at("ruleset"),
            row.at("event_us"), batch_));
    }
    /// O-17: one card four times within ten minutes.
    void four_uses() {
        batch();
        payment("a", "10:00:00");
        payment("b", "10:03:00");
        payment("c", "10:06:00");
        payment("d", "10:09:59");
    }

    [[nodiscard]] Settings settings(const std::string& yaml = "screening: {}") const {
        return read_settings(config::parse(yaml, "test"), database.settings());
    }
    [[nodiscard]] static Options options() {
        Options made;
        made.run_id = "00000000-0000-4000-8000-000000000001";
        return made;
    }
    Outcomes screen(const Options& wanted = options()) const { return run(settings(), wanted); }
    Outcomes rescreen() const {
        Options wanted = options();
        wanted.rescreen = true;
        return run(settings(), wanted);
    }
    [[nodiscard]] std::string one(const std::string& sql) const {
        return database.text("SELECT " + sql);
    }
    /// `a APPROVED, b REVIEW` by transaction id.
    [[nodiscard]] std::string states() const {
        return one("string_agg(transaction_id || ' ' || screen, ', ' ORDER BY transaction_id) FROM "
                   "harmonia.payment_transaction");
    }
    /// Every verdict by natural key with its digest, hits and states: what must not depend on
    /// order, threads, engine or kills.
    [[nodiscard]] std::string books() const {
        return one(R"(string_agg(line, E'\n' ORDER BY line) FROM (
            SELECT concat_ws('|', f.external_id, v.ruleset, v.version, v.rev, v.is_shadow,
                   v.outcome, v.score, v.decided_by, encode(v.digest, 'hex')) AS line
              FROM screening.verdict v JOIN screening.fact f USING (payment_id)
            UNION ALL SELECT concat_ws('|', 'hit', f.external_id, v.rev, h.rule_id, h.score,
                   h.suppressed_by, h.reason) FROM screening.verdict_hit h
              JOIN screening.verdict v ON v.id = h.verdict_id
              JOIN screening.fact f USING (payment_id)
            UNION ALL SELECT concat_ws('|', 'state', p.transaction_id, p.screen, s.state_version,
                   s.stale) FROM harmonia.payment_transaction p
              LEFT JOIN screening.standing s ON s.payment_id = p.id
            UNION ALL SELECT concat_ws('|', 'log', f.external_id, l.state_version, l.from_state,
                   l.to_state) FROM screening.state_log l JOIN screening.fact f USING (payment_id)
            UNION ALL SELECT concat_ws('|', 'review', f.external_id, r.queue, r.decision)
              FROM screening.review_item r JOIN screening.fact f USING (payment_id)
            UNION ALL SELECT concat_ws('|', 'alert', a.id, a.kind, a.fingerprint)
              FROM screening.alert a WHERE a.kind LIKE 'fraud.%') b)");
    }
    /// Digests alone, for comparing databases.
    [[nodiscard]] std::string digests() const {
        return one("string_agg(concat_ws(' ', f.external_id, v.rev, v.outcome, encode(v.digest, "
                   "'hex')), E'\\n' ORDER BY f.external_id, v.rev) FROM screening.verdict v JOIN "
                   "screening.fact f USING (payment_id) WHERE NOT v.is_shadow");
    }

private:
    long long batch_ = 0, record_ = 0;
};

} // namespace harmonia::screen

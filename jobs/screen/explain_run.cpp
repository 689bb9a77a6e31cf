#include "jobs/screen/explain_run.hpp"

#include "core/base/check.hpp"
#include "core/money/money.hpp"
#include "jobs/screen/rules.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

constexpr const char* k_facts = R"(
    SELECT f.source, f.feed_type, f.external_id, f.amount_minor, f.currency, f.ruleset, f.event_us,
           coalesce(s.state_version, 0), coalesce(p.screen, 'APPROVED'), p.id IS NULL OR
           p.admitted_at IS NOT NULL, coalesce(b.close_seq, 0),
           to_char(to_timestamp(0) + f.event_us * interval '1 microsecond',
                   'YYYY-MM-DD"T"HH24:MI:SS"Z"')
      FROM screening.fact f LEFT JOIN screening.standing s USING (payment_id)
      LEFT JOIN harmonia.payment_transaction p ON p.id = f.payment_id
      LEFT JOIN ops.import_batch b ON b.id = f.batch_id WHERE f.payment_id = $1)";

/// The newest verdict: the one in force, unless the payment is VOID.
constexpr const char* k_verdict = R"(
    SELECT v.id, v.run, v.version, v.rev, encode(v.digest, 'hex'), n.list_revision, n.cut_seq,
           (extract(epoch FROM n.label_asof) * 1000000)::bigint, n.event_until
      FROM screening.verdict v JOIN screening.screen_run n ON n.id = v.run
     WHERE v.payment_id = $1 AND NOT v.is_shadow ORDER BY v.rev DESC LIMIT 1)";

std::string hex_of(const Sha256Digest& digest) {
    return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Target read_facts(db::Transaction& tx, std::int64_t payment_id, ExplainedPayment& out) {
    const auto row = tx.exec(k_facts, static_cast<long long>(payment_id));
    if (row.empty())
        throw Error(Exit::no_input, fmt::format("no screened payment has the id {}", payment_id),
                    "harmonia explain transaction ID takes the network's or merchant's own id.");
    const auto text = [&](std::size_t c) { return std::string(row.text(0, c)); };
    out.payment_id = payment_id;
    out.source = text(0);
    out.feed_type = text(1);
    out.external_id = text(2);
    out.currency = text(4);
    out.amount = money::print_major(row.integer(0, 3), out.currency, money::Padding::padded)
                     .value_or(text(3));
    out.ruleset_name = text(5);
    out.state = text(8);
    out.event_time = text(11);
    Target target;
    target.payment_id = payment_id;
    target.event_us = row.integer(0, 6);
    target.state_version = static_cast<std::int32_t>(row.integer(0, 7));
    target.handed_over = row.boolean(0, 9);
    target.close_seq = row.integer(0, 10);
    return target;
}

Pins read_verdict(db::Transaction& tx, ExplainedPayment& out) {
    const auto row = tx.exec(k_verdict, static_cast<long long>(out.payment_id));
    if (row.empty())
        throw Error(Exit::no_input, fmt::format("payment {} has no verdict yet", out.payment_id),
                    "harmonia screen explain ID --now shows what it would be.");
    out.verdict_id = row.integer(0, 0);
    out.run = row.integer(0, 1);
    out.version = static_cast<int>(row.integer(0, 2));
    out.rev = static_cast<int>(row.integer(0, 3));
    out.verdict_digest = row.text(0, 4);
    return {out.run, row.integer(0, 5), row.integer(0, 6), row.integer(0, 7), row.integer(0, 8)};
}

} // namespace

ExplainedPayment explain_payment(const db::Settings& settings, std::int64_t payment_id, bool now) {
    const auto connection = db::connect(settings);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const std::string snapshot = tx.export_snapshot();
    ExplainedPayment out;
    out.as_decided = !now;
    const Target target = read_facts(tx, payment_id, out);
    const Pins pins = now ? pins_of_now(tx, 0) : read_verdict(tx, out);
    out.cut_seq = pins.cut_seq;
    if (target.close_seq > pins.cut_seq)
        throw Error(Exit::no_input,
                    fmt::format("the batch of payment {} is not closed yet", payment_id));
    const LoadedRuleset rules = load_ruleset(tx, {out.ruleset_name, now ? 0 : out.version});
    out.version = rules.stored.version;
    out.digest = rules.stored.digest;
    const Reading reading = read_history({settings, tx, snapshot}, pins, out.ruleset_name,
                                         {&rules.ruleset}, {target}, Engine::automatic);
    const Judge judge(*reading.history, rules.ruleset, reading.context);
    HARMONIA_CHECK(judge.size() == 1);
    out.explanation = judge.explain(0);
    out.card = reading.history->masked_card(out.explanation.judgement.row);
    out.reproduced = now || hex_of(out.explanation.judgement.digest) == out.verdict_digest;
    out.ruleset = rules.ruleset;
    return out;
}

} // namespace harmonia::screen

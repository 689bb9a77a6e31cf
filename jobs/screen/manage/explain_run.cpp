#include "jobs/screen/manage/explain_run.hpp"

#include "core/base/check.hpp"
#include "core/money/money.hpp"
#include "jobs/screen/load/versions.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

constexpr const char* k_facts = R"(
    SELECT f.source, f.feed_type, f.external_id, f.amount_minor, f.currency, f.ruleset, f.event_us,
           coalesce(s.state_version, 0) AS state_version,
           coalesce(p.screen, 'APPROVED') AS state,
           p.id IS NULL OR p.admitted_at IS NOT NULL AS handed_over,
           coalesce(b.close_seq, 0) AS close_seq,
           to_char(to_timestamp(0) + f.event_us * interval '1 microsecond',
                   'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS event_time
      FROM screening.fact f
      LEFT JOIN screening.standing s USING (payment_id)
      LEFT JOIN harmonia.payment_transaction p ON p.id = f.payment_id
      LEFT JOIN ops.import_batch b ON b.id = f.batch_id
     WHERE f.payment_id = $1)";

/// The newest verdict: the one in force, unless the payment is VOID.
constexpr const char* k_verdict = R"(
    SELECT v.id, v.run, v.version, v.rev, encode(v.digest, 'hex') AS digest,
           n.list_revision, n.cut_seq, n.label_asof, n.event_until
      FROM screening.verdict v
      JOIN screening.screen_run n ON n.id = v.run
     WHERE v.payment_id = $1 AND NOT v.is_shadow
     ORDER BY v.rev DESC
     LIMIT 1)";

std::string hex_of(const Sha256Digest& digest) {
    return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Target load_facts(db::Transaction& tx, std::int64_t payment_id, ExplainedPayment& out) {
    const auto row = tx.exec(k_facts, payment_id).optional_row();
    if (!row)
        throw Error(Exit::no_input, fmt::format("unknown screened payment {}", payment_id),
                    "harmonia explain transaction ID takes the id of the network or merchant.");
    out.payment_id = payment_id;
    out.source = row->text("source");
    out.feed_type = row->text("feed_type");
    out.external_id = row->text("external_id");
    out.currency = row->text("currency");
    out.amount =
        money::print_major(row->integer("amount_minor"), out.currency, money::Padding::padded)
            .value_or(std::string(row->text("amount_minor")));
    out.ruleset_name = row->text("ruleset");
    out.state = row->text("state");
    out.event_time = row->text("event_time");
    Target target;
    target.payment_id = payment_id;
    target.event_us = row->integer("event_us");
    target.state_version = static_cast<std::int32_t>(row->integer("state_version"));
    target.handed_over = row->boolean("handed_over");
    target.close_seq = row->integer("close_seq");
    return target;
}

Pins load_verdict(db::Transaction& tx, ExplainedPayment& out) {
    const auto row = tx.exec(k_verdict, out.payment_id).optional_row();
    if (!row)
        throw Error(Exit::no_input, fmt::format("payment {} has no verdict yet", out.payment_id),
                    "harmonia screen explain ID --now shows what it would be.");
    out.verdict_id = row->integer("id");
    out.run = row->integer("run");
    out.version = static_cast<int>(row->integer("version"));
    out.rev = static_cast<int>(row->integer("rev"));
    out.verdict_digest = row->text("digest");
    return pins_of(*row);
}

} // namespace

ExplainedPayment explain_payment(const db::Settings& settings, std::int64_t payment_id, bool now) {
    const auto connection = db::connect(settings);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const std::string snapshot = tx.export_snapshot();
    ExplainedPayment out;
    out.as_decided = !now;
    const Target target = load_facts(tx, payment_id, out);
    const Pins pins = now ? pins_of_now(tx, 0) : load_verdict(tx, out);
    out.cut_seq = pins.cut_seq;
    if (target.close_seq > pins.cut_seq)
        throw Error(Exit::no_input,
                    fmt::format("the batch of payment {} is still open", payment_id));
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

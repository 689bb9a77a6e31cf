#include "jobs/screen/store/notify.hpp"

#include "core/base/text.hpp"
#include "core/db/columns.hpp"
#include "core/json/writer.hpp"
#include "core/money/money.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>

namespace harmonia::screen {
namespace {

using Json = nlohmann::json;

constexpr std::size_t k_card_label = 16; // hexadecimal digits of a card's hash in a label
constexpr std::size_t k_hits_shown = 50; // keeps details under 64 KiB

/// The rule that decided, or else the one with the highest score.
std::string deciding_rule(const Ruleset& ruleset, const Judgement& judgement) {
    constexpr std::string_view k_rule = "rule ";
    if (judgement.decided_by.starts_with(k_rule))
        return judgement.decided_by.substr(k_rule.size());
    const Hit* highest = nullptr;
    for (const Hit& hit : judgement.hits)
        if (!hit.shadow && hit.suppressed_by.empty() && (!highest || hit.score > highest->score))
            highest = &hit;
    return highest ? ruleset.rules[highest->rule].id : std::string();
}

void put_hits(json::Writer& out, const Ruleset& ruleset, const Judgement& judgement) {
    out.open('[');
    for (const Hit& hit :
         std::span(judgement.hits).first(std::min(judgement.hits.size(), k_hits_shown))) {
        out.open('{').member("rule", ruleset.rules[hit.rule].id);
        out.member("score", hit.score).member("reason", hit.reason);
        if (hit.shadow)
            out.member("shadow", true);
        if (!hit.suppressed_by.empty())
            out.member("suppressed_by", hit.suppressed_by);
        out.close('}');
    }
    out.close(']');
}

void put(observe::Labels& labels, const char* name, std::string_view value) {
    if (!value.empty())
        labels[name] = value;
}

enum class OutboxColumn { area, kind, key, exchange, routing_key, properties, body, mandatory };
constexpr auto k_outbox_columns = db::columns<OutboxColumn>({
    {OutboxColumn::area, "area"},
    {OutboxColumn::kind, "kind"},
    {OutboxColumn::key, "key"},
    {OutboxColumn::exchange, "exchange"},
    {OutboxColumn::routing_key, "routing_key"},
    {OutboxColumn::properties, "properties"},
    {OutboxColumn::body, "body"},
    {OutboxColumn::mandatory, "mandatory"},
});

/// The message id makes duplicates recognizable: a repeated verdict has the same.
std::string properties_of(const TxnMessage& message, const std::string& type) {
    const std::string id =
        fmt::format("{}/{}/{}/{}/{}/{}", message.source, message.feed_type, message.external_id,
                    message.ruleset, message.rev, to_lower(state_name(message.to)));
    return json::dumped(Json{{"content_type", "application/json"},
                             {"delivery_mode", 2},
                             {"message_id", id},
                             {"type", type}});
}

std::string body_of(const TxnMessage& message, bool legacy_reply) {
    Json body{{"provider", message.source},
              {"feed_type", message.feed_type},
              {"transaction_id", message.external_id},
              {"outcome", to_lower(state_name(message.to))},
              {"score", message.score},
              {"decided_by", message.decided_by},
              {"ruleset", fmt::format("{}@{}", message.ruleset, message.version)},
              {"rev", message.rev}};
    if (legacy_reply) {
        body["code"] = 200;
        body["message"] = {{"isFraud", message.to == State::declined}};
    }
    return json::dumped(body);
}

} // namespace

observe::AlertEvent verdict_alert(const Ruleset& ruleset, const History& history,
                                  const Judgement& judgement, const VerdictOrigin& origin,
                                  const char* kind, const std::string& severity) {
    const std::uint32_t row = judgement.row;
    const std::string outcome = outcome_name(judgement.outcome);
    const std::string source(history.text(Field::source, row));
    const std::string feed_type(history.text(Field::feed_type, row));
    const std::string external_id(history.external_id(row));
    observe::AlertEvent event;
    event.kind = kind;
    event.severity = severity;
    event.at_us = history.event_us(row);
    put(event.labels, "kind", kind);
    put(event.labels, "outcome", outcome);
    put(event.labels, "ruleset", origin.ruleset);
    put(event.labels, "rule", deciding_rule(ruleset, judgement));
    put(event.labels, "card", history.text(Field::card, row).substr(0, k_card_label));
    put(event.labels, "customer", history.text(Field::customer, row));
    put(event.labels, "merchant", history.text(Field::merchant, row));
    if (judgement.outcome == Outcome::review)
        event.labels["queue"] = origin.ruleset;
    const std::string currency(history.text(Field::currency, row));
    const std::string amount =
        money::print_major(history.original_amount(row), currency, money::Padding::padded)
            .value_or(std::to_string(history.original_amount(row)));
    event.summary = fmt::format("{} {} {} {} score {} ({})", outcome, external_id, amount, currency,
                                judgement.score, judgement.decided_by);
    json::Writer details;
    details.open('{').member("transaction", source + "/" + external_id);
    details.member("card", history.masked_card(row));
    details.member("amount", amount).member("currency", currency);
    details.member("outcome", outcome).member("score", judgement.score);
    details.member("decided_by", judgement.decided_by).key("hits");
    put_hits(details, ruleset, judgement);
    details.member("explain", fmt::format("harmonia screen explain {}", judgement.payment_id));
    event.details = details.close('}').take();
    json::Writer correlation;
    correlation.open('{').member("run", origin.run_id).member("screen_run", origin.run);
    correlation.member("cut", origin.cut_seq).member("payment", judgement.payment_id);
    correlation.member("verdict", origin.verdict_id);
    correlation.member("ruleset", fmt::format("{}@{}", origin.ruleset, origin.version));
    event.correlation = correlation.member("digest", origin.digest).close('}').take();
    event.verdict = observe::VerdictKey{source, feed_type, external_id, origin.ruleset, origin.rev};
    event.payment_id = judgement.payment_id;
    return event;
}

void publish(db::Transaction& tx, const std::vector<TxnMessage>& messages, bool legacy_reply) {
    if (messages.empty())
        return;
    db::CopyIn copy(tx, "ops.outbox", k_outbox_columns.names());
    for (const TxnMessage& one : messages) {
        const std::string type = "txn." + to_lower(state_name(one.to));
        copy.field(OutboxColumn::area, "screening").field(OutboxColumn::kind, "txn");
        copy.field(OutboxColumn::key, fmt::format("txn-{}", one.payment_id));
        copy.field(OutboxColumn::exchange, "harmonia.txn.out");
        copy.field(OutboxColumn::routing_key, type);
        copy.field(OutboxColumn::properties, properties_of(one, type));
        copy.field(OutboxColumn::body, body_of(one, legacy_reply));
        copy.field(OutboxColumn::mandatory, false);
        copy.end_row();
    }
    copy.finish();
    tx.exec("SELECT pg_notify('harmonia_outbox', '')");
}

} // namespace harmonia::screen

#include "jobs/screen/store_tell.hpp"

#include "core/base/json_text.hpp"
#include "core/base/text.hpp"
#include "core/money/money.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <span>

namespace harmonia::screen {
namespace {

using nlohmann::json;

constexpr std::size_t k_card_label = 16; // hexadecimal digits of a card's hash that people see
constexpr std::size_t k_hits_told = 50;  // keeps details under 64 KiB

/// The rule that decided, or that counted most.
std::string deciding_rule(const Ruleset& ruleset, const Judgement& judgement) {
    constexpr std::string_view k_rule = "rule ";
    if (judgement.decided_by.starts_with(k_rule))
        return judgement.decided_by.substr(k_rule.size());
    const Hit* most = nullptr;
    for (const Hit& hit : judgement.hits)
        if (!hit.shadow && hit.suppressed_by.empty() && (!most || hit.score > most->score))
            most = &hit;
    return most ? ruleset.rules[most->rule].id : std::string();
}

void put_hits(JsonText& out, const Ruleset& ruleset, const Judgement& judgement) {
    out.open('[');
    for (const Hit& hit :
         std::span(judgement.hits).first(std::min(judgement.hits.size(), k_hits_told))) {
        out.open('{').key("rule").text(ruleset.rules[hit.rule].id);
        out.key("score").number(hit.score).key("reason").text(hit.reason);
        if (hit.shadow)
            out.key("shadow").raw("true");
        if (!hit.suppressed_by.empty())
            out.key("suppressed_by").text(hit.suppressed_by);
        out.close('}');
    }
    out.close(']');
}

void put(observe::Labels& labels, const char* name, std::string_view value) {
    if (!value.empty())
        labels[name] = value;
}

} // namespace

observe::AlertEvent verdict_alert(const Ruleset& ruleset, const History& history,
                                  const Judgement& judgement, const Told& told, const char* kind,
                                  const std::string& severity) {
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
    put(event.labels, "ruleset", told.ruleset);
    put(event.labels, "rule", deciding_rule(ruleset, judgement));
    put(event.labels, "card", history.text(Field::card, row).substr(0, k_card_label));
    put(event.labels, "customer", history.text(Field::customer, row));
    put(event.labels, "merchant", history.text(Field::merchant, row));
    if (judgement.outcome == Outcome::review)
        event.labels["queue"] = told.ruleset;
    const std::string currency(history.text(Field::currency, row));
    const std::string amount =
        money::print_major(history.amount_as_given(row), currency, money::Padding::padded)
            .value_or(std::to_string(history.amount_as_given(row)));
    event.summary = fmt::format("{} {} {} {} score {} ({})", outcome, external_id, amount, currency,
                                judgement.score, judgement.decided_by);
    JsonText details;
    details.open('{').key("transaction").text(source + "/" + external_id);
    details.key("card").text(history.masked_card(row));
    details.key("amount").text(amount).key("currency").text(currency);
    details.key("outcome").text(outcome).key("score").number(judgement.score);
    details.key("decided_by").text(judgement.decided_by).key("hits");
    put_hits(details, ruleset, judgement);
    details.key("explain").text(fmt::format("harmonia screen explain {}", judgement.payment_id));
    event.details = details.close('}').take();
    JsonText correlation;
    correlation.open('{').key("run").text(told.run_id).key("screen_run").number(told.run);
    correlation.key("cut").number(told.cut_seq).key("payment").number(judgement.payment_id);
    correlation.key("verdict").number(told.verdict_id);
    correlation.key("ruleset").text(fmt::format("{}@{}", told.ruleset, told.version));
    event.correlation = correlation.key("digest").text(told.digest).close('}').take();
    event.verdict = observe::VerdictKey{source, feed_type, external_id, told.ruleset, told.rev};
    event.payment_id = judgement.payment_id;
    return event;
}

void publish(db::Transaction& tx, const std::vector<TxnMessage>& messages, bool legacy_reply) {
    if (messages.empty())
        return;
    db::CopyIn copy(
        tx, "ops.outbox",
        {"area", "kind", "key", "exchange", "routing_key", "properties", "body", "mandatory"});
    for (const TxnMessage& one : messages) {
        const std::string outcome = to_lower(state_name(one.to));
        const std::string id = fmt::format("{}/{}/{}/{}/{}/{}", one.source, one.feed_type,
                                           one.external_id, one.ruleset, one.rev, outcome);
        const json properties{{"content_type", "application/json"},
                              {"delivery_mode", 2},
                              {"message_id", id},
                              {"type", "txn." + outcome}};
        json body{{"provider", one.source},
                  {"feed_type", one.feed_type},
                  {"transaction_id", one.external_id},
                  {"outcome", outcome},
                  {"score", one.score},
                  {"decided_by", one.decided_by},
                  {"ruleset", fmt::format("{}@{}", one.ruleset, one.version)},
                  {"rev", one.rev}};
        if (legacy_reply) {
            body["code"] = 200;
            body["message"] = {{"isFraud", one.to == State::declined}};
        }
        copy.field("screening").field("txn").field("txn-" + std::to_string(one.payment_id));
        copy.field("harmonia.txn.out").field("txn." + outcome).field(dumped(properties));
        copy.field(dumped(body)).field(false);
        copy.end_row();
    }
    copy.finish();
    tx.exec("SELECT pg_notify('harmonia_outbox', '')");
}

} // namespace harmonia::screen

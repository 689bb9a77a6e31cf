#include "core/observe/alert_event.hpp"

#include "core/base/hash.hpp"
#include "core/base/json_text.hpp"
#include "core/base/text.hpp"
#include "core/base/uuid.hpp"
#include "core/card/redact.hpp"
#include "core/db/connection.hpp"
#include "core/observe/job_run.hpp"
#include "core/observe/redact_json.hpp"
#include "core/time/civil.hpp"
#include "core/time/clock.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace harmonia::observe {
namespace {

using nlohmann::json;

constexpr std::size_t k_summary_max = 200; // characters; fits a subject and an SMS
// The name space of verdict alerts: made once, at random, and never changed.
constexpr const char* k_name_space = "7b1c4e0e-5d1c-4a0f-9c1e-6c3b8e0f2a91";
constexpr std::array k_kinds = {"fraud.verdict",   "fraud.late_evidence", "fraud.rate",
                                "rules.activated", "import.rejects",      "screen.failed",
                                "delivery.dead",   "alert.test"};

/// The server, which takes it apart, says whether the rest is JSON.
bool is_object(std::string_view text) {
    return text.size() <= k_alert_json_max && text.starts_with('{');
}

void check(const AlertEvent& event) {
    if (!is_alert_kind(event.kind))
        throw Error(Exit::internal, "there is no kind of alert '" + printable(event.kind) + "'");
    if (!is_alert_severity(event.severity))
        throw Error(Exit::internal, "there is no severity '" + printable(event.severity) + "'");
    for (const std::string* text : {&event.details, &event.correlation})
        if (!is_object(*text))
            throw Error(Exit::internal, "the details of an alert are no JSON object of 64 KiB");
}

/// The first line, cut to `most` characters (not inside one).
std::string one_line(std::string_view text, std::size_t most) {
    std::string out = printable(text.substr(0, text.find_first_of("\r\n")), text.size() * 4);
    std::size_t characters = 0, at = 0;
    while (at < out.size() && characters < most) {
        ++at;
        while (at < out.size() && (static_cast<unsigned char>(out[at]) & 0xC0U) == 0x80U)
            ++at;
        ++characters;
    }
    out.resize(at);
    return out;
}

Labels labels_of(const AlertEvent& event) {
    Labels labels = event.labels;
    for (auto& [name, value] : labels)
        value = card::redact(value);
    labels.emplace("kind", event.kind);
    return labels;
}

std::string redacted(const std::string& text) {
    if (text.find('\\') == std::string::npos && !card::shows_card(text))
        return text; // nothing in it can be one either
    json value = json::parse(text);
    redact_json(value);
    return dumped(value);
}

std::string summary_of(const AlertEvent& event) {
    return one_line(card::redact(event.summary), k_summary_max);
}

std::string source_of(const AlertEvent& event) {
    return event.source.empty() ? "harmonia@" + host_name() : event.source;
}

/// Everything that does not depend on the payment, as columns and as the published text.
struct Stored {
    std::string id, labels, print, hints;
    std::string message; ///< as published
};

std::string labels_json(const Labels& labels) {
    JsonText out;
    out.open('{');
    for (const auto& [name, value] : labels)
        out.key(name.c_str()).text(value);
    return out.close('}').take();
}

std::string hints_json(const std::vector<std::string>& hints) {
    JsonText out;
    out.open('[');
    for (const std::string& hint : hints)
        out.text(hint);
    return out.close(']').take();
}

Stored stored(const AlertEvent& event, bool publish) {
    check(event);
    const Labels labels = labels_of(event);
    Stored out{
        alert_id(event), labels_json(labels), fingerprint(labels), hints_json(event.hints), {}};
    if (publish) {
        AlertEvent whole = event;
        whole.id = out.id;
        out.message = alert_json(whole);
    }
    return out;
}

/// Columns of all events, as arrays.
struct Columns {
    std::vector<std::string> ids, kinds, severities, labels, prints, summaries, details,
        correlations, hints, keys, messages, ends, payments, sources;
    std::vector<long long> at;
};

Columns columns_of(std::span<const AlertEvent> events, const RaiseOptions& options) {
    Columns c;
    std::set<std::string> seen; // a statement cannot meet one id twice
    for (const AlertEvent& event : events) {
        Stored row = stored(event, options.publish);
        if (!seen.insert(row.id).second)
            continue;
        c.ids.push_back(std::move(row.id));
        c.kinds.push_back(event.kind);
        c.severities.push_back(event.severity);
        c.labels.push_back(std::move(row.labels));
        c.prints.push_back(std::move(row.print));
        c.summaries.push_back(summary_of(event));
        c.details.push_back(redacted(event.details));
        c.correlations.push_back(event.correlation);
        c.hints.push_back(std::move(row.hints));
        c.keys.push_back(options.publish ? alert_routing_key(event) : "");
        c.messages.push_back(std::move(row.message));
        c.at.push_back(event.at_us);
        c.ends.push_back(event.ends_at_us ? std::to_string(*event.ends_at_us) : "");
        c.payments.push_back(event.payment_id ? std::to_string(*event.payment_id) : "");
        c.sources.push_back(source_of(event));
    }
    return c;
}

// What is new is published and queues its payment, in the same statement. Payments are locked in
// their order: two that raise alerts at one time do not lock each other out.
constexpr const char* k_raise =
    "WITH given AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[],"
    " $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],"
    " $12::text[], $13::text[], $14::text[], $15::text[]) WITH ORDINALITY g(id, kind, severity,"
    " at, ends, labels, print, summary, details, correlation, hints, payment, key, message,"
    " source, n)),"
    " fresh AS (INSERT INTO screening.alert (id, kind, severity, at, ends_at, source, labels,"
    " fingerprint, summary, details, correlation, hints, payment_id)"
    " SELECT id, kind, severity, timestamptz 'epoch' + at * interval '1 microsecond',"
    " timestamptz 'epoch' + nullif(ends, '')::bigint * interval '1 microsecond', source,"
    " labels::jsonb, print,"
    " summary, details::jsonb, correlation::jsonb,"
    " ARRAY(SELECT jsonb_array_elements_text(hints::jsonb)), nullif(payment, '')::bigint"
    " FROM given ORDER BY n ON CONFLICT (id) DO NOTHING RETURNING id, payment_id),"
    " payments AS (SELECT s.payment_id FROM screening.standing s WHERE s.payment_id IN (SELECT"
    " payment_id FROM fresh) AND s.alert_state <> 'queued' ORDER BY s.payment_id"
    " FOR NO KEY UPDATE),"
    " queued AS (UPDATE screening.standing s SET alert_state = 'queued' FROM payments"
    " WHERE s.payment_id = payments.payment_id),"
    " told AS (INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, properties, body,"
    " mandatory) SELECT 'screening', 'alert', 'alerts', $16, key,"
    " jsonb_build_object('content_type', 'application/json', 'delivery_mode', 2, 'message_id',"
    " id::text, 'type', kind, 'timestamp', extract(epoch FROM now())::bigint), message, true"
    " FROM given JOIN fresh USING (id) WHERE message <> '' ORDER BY n)"
    " SELECT count(*) FROM fresh";

} // namespace

bool is_alert_kind(std::string_view kind) {
    return std::find(k_kinds.begin(), k_kinds.end(), kind) != k_kinds.end();
}

bool is_alert_severity(std::string_view severity) {
    return severity == "critical" || severity == "warning" || severity == "info";
}

std::string fingerprint(const Labels& labels) {
    std::string text;
    for (const auto& [name, value] : labels)
        text += name + "=" + value + "\n";
    return sha256_hex(text);
}

std::string alert_id(const AlertEvent& event) {
    if (!event.id.empty())
        return event.id;
    if (!event.verdict)
        return print_uuid(uuid_v7(time::system_clock().now_us()));
    static const Uuid name_space = *parse_uuid(k_name_space);
    const VerdictKey& key = *event.verdict;
    JsonText name;
    name.open('[').text(key.provider).text(key.feed_type).text(key.transaction_id);
    name.text(key.ruleset).number(key.revision).text(event.kind).close(']');
    return print_uuid(uuid_v5(name_space, name.take()));
}

std::string alert_routing_key(const AlertEvent& event) {
    const bool fraud = event.kind.starts_with("fraud.");
    std::string detail = event.kind;
    const auto outcome = event.labels.find("outcome");
    if (event.kind == "fraud.verdict" && outcome != event.labels.end())
        detail = outcome->second;
    else if (fraud)
        detail = event.kind.substr(6);
    std::replace(detail.begin(), detail.end(), '.', '_');
    return (fraud ? "fraud." : "ops.") + event.severity + "." + detail;
}

std::string alert_json(const AlertEvent& event) {
    const Labels labels = labels_of(event);
    const json out = {
        {"v", 1},
        {"id", alert_id(event)},
        {"kind", event.kind},
        {"severity", event.severity},
        {"at", time::print_utc(event.at_us)},
        {"ends_at", event.ends_at_us ? json(time::print_utc(*event.ends_at_us)) : json(nullptr)},
        {"source", source_of(event)},
        {"labels", labels},
        {"summary", summary_of(event)},
        {"details", json::parse(redacted(event.details))},
        {"correlation", json::parse(event.correlation)},
        {"hints", event.hints},
        {"fingerprint", fingerprint(labels)}};
    return dumped(out);
}

std::size_t raise_alerts(db::Transaction& tx, std::span<const AlertEvent> events,
                         const RaiseOptions& options) {
    if (events.empty())
        return 0;
    const Columns c = columns_of(events, options);
    const auto fresh = tx.exec(k_raise, c.ids, c.kinds, c.severities, c.at, c.ends, c.labels,
                               c.prints, c.summaries, c.details, c.correlations, c.hints,
                               c.payments, c.keys, c.messages, c.sources, k_alert_exchange)
                           .integer(0, 0);
    if (fresh > 0)
        tx.exec("SELECT pg_notify('harmonia_alert', '')");
    if (fresh > 0 && options.publish)
        tx.exec("SELECT pg_notify('harmonia_outbox', '')");
    return static_cast<std::size_t>(fresh);
}

} // namespace harmonia::observe

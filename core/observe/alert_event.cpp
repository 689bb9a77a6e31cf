#include "core/observe/alert_event.hpp"

#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/base/uuid.hpp"
#include "core/card/redact.hpp"
#include "core/card/redact_json.hpp"
#include "core/db/connection.hpp"
#include "core/json/writer.hpp"
#include "core/observe/job_run.hpp"
#include "core/time/civil.hpp"
#include "core/time/clock.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace harmonia::observe {
namespace {

using Json = nlohmann::json;

constexpr std::size_t k_summary_max = 200; // characters; fits a subject and an SMS
// The namespace of the ids of verdict alerts: drawn once, at random, and never changed.
constexpr const char* k_namespace = "7b1c4e0e-5d1c-4a0f-9c1e-6c3b8e0f2a91";
constexpr std::array k_kinds = {"fraud.verdict",   "fraud.late_evidence", "fraud.rate",
                                "rules.activated", "import.rejects",      "screen.failed",
                                "delivery.dead",   "alert.test"};

/// The server, which parses it, checks that the rest is JSON.
bool is_object(std::string_view text) {
    return text.size() <= k_alert_json_max && text.starts_with('{');
}

void check(const AlertEvent& event) {
    if (!is_alert_kind(event.kind))
        throw Error(Exit::internal, "unknown kind of alert '" + printable(event.kind) + "'");
    if (!is_alert_severity(event.severity))
        throw Error(Exit::internal, "unknown severity '" + printable(event.severity) + "'");
    for (const std::string* text : {&event.details, &event.correlation})
        if (!is_object(*text))
            throw Error(Exit::internal,
                        "the details of an alert must be a JSON object of at most 64 KiB");
}

/// The first line, cut to `limit` whole characters.
std::string one_line(std::string_view text, std::size_t limit) {
    std::string out = printable(text.substr(0, text.find_first_of("\r\n")), text.size() * 4);
    std::size_t characters = 0, at = 0;
    while (at < out.size() && characters < limit) {
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
        return text; // no card number, and no escape that could hide one
    Json value = Json::parse(text);
    card::redact_json(value);
    return json::dumped(value);
}

std::string summary_of(const AlertEvent& event) {
    return one_line(card::redact(event.summary), k_summary_max);
}

std::string source_of(const AlertEvent& event) {
    return event.source.empty() ? "harmonia@" + host_name() : event.source;
}

std::string labels_json(const Labels& labels) {
    json::Writer out;
    out.open('{');
    for (const auto& [name, value] : labels)
        out.member(name, value);
    return out.close('}').take();
}

std::string hints_array(const std::vector<std::string>& hints) {
    db::ArrayText out;
    for (const std::string& hint : hints)
        out.add(hint);
    return std::string(out.view());
}

/// The events as columns, one array each.
struct Columns {
    std::vector<std::string> ids, kinds, severities, sources, labels, fingerprints, summaries,
        details, correlations, hints, routing_keys, messages;
    std::vector<db::Instant> at;
    std::vector<std::optional<db::Instant>> ends;
    std::vector<std::optional<std::int64_t>> payments;

    void add(const AlertEvent& event, std::string id, bool publish) {
        const Labels all_labels = labels_of(event);
        kinds.push_back(event.kind);
        severities.push_back(event.severity);
        at.push_back({event.at_us});
        ends.push_back(event.ends_at_us ? std::optional(db::Instant{*event.ends_at_us})
                                        : std::nullopt);
        sources.push_back(source_of(event));
        labels.push_back(labels_json(all_labels));
        fingerprints.push_back(fingerprint(all_labels));
        summaries.push_back(summary_of(event));
        details.push_back(redacted(event.details));
        correlations.push_back(event.correlation);
        hints.push_back(hints_array(event.hints));
        payments.push_back(event.payment_id);
        routing_keys.push_back(publish ? alert_routing_key(event) : "");
        if (publish) {
            AlertEvent with_id = event;
            with_id.id = id;
            messages.push_back(alert_json(with_id));
        } else {
            messages.emplace_back();
        }
        ids.push_back(std::move(id));
    }
};

Columns columns_of(std::span<const AlertEvent> events, const RaiseOptions& options) {
    Columns columns;
    std::set<std::string> seen; // ON CONFLICT cannot meet one id twice in a statement
    for (const AlertEvent& event : events) {
        check(event);
        std::string id = alert_id(event);
        if (seen.insert(id).second)
            columns.add(event, std::move(id), options.publish);
    }
    return columns;
}

// New alerts are published and mark their payments as queued in the same statement. Payments are
// locked in their order: two transactions that raise alerts at the same time do not deadlock.
constexpr const char* k_raise = R"(
    WITH given AS (
        SELECT *
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
                $12::text[], $13::bigint[], $14::text[], $15::text[])
            WITH ORDINALITY g(id, kind, severity, at, ends_at, source, labels, fingerprint,
                summary, details, correlation, hints, payment_id, routing_key, message, n)
    ), fresh AS (
        INSERT INTO screening.alert
            (id, kind, severity, at, ends_at, source, labels, fingerprint, summary, details,
            correlation, hints, payment_id)
        SELECT id, kind, severity, at, ends_at, source, labels::jsonb, fingerprint, summary,
            details::jsonb, correlation::jsonb, hints::text[], payment_id
        FROM given
        ORDER BY n
        ON CONFLICT (id) DO NOTHING
        RETURNING id, payment_id
    ), payments AS (
        SELECT s.payment_id
        FROM screening.standing s
        WHERE s.payment_id IN (SELECT payment_id FROM fresh)
          AND s.alert_state <> 'queued'
        ORDER BY s.payment_id
        FOR NO KEY UPDATE
    ), queued AS (
        UPDATE screening.standing s
        SET alert_state = 'queued'
        FROM payments
        WHERE s.payment_id = payments.payment_id
    ), published AS (
        INSERT INTO ops.outbox
            (area, kind, key, exchange, routing_key, properties, body, mandatory)
        SELECT 'screening', 'alert', 'alerts', $16, routing_key,
            jsonb_build_object(
                'content_type', 'application/json',
                'delivery_mode', 2,
                'message_id', id::text,
                'type', kind,
                'timestamp', extract(epoch FROM now())::bigint),
            message, true
        FROM given
        JOIN fresh USING (id)
        WHERE message <> ''
        ORDER BY n
    )
    SELECT count(*)
    FROM fresh
)";

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
    static const Uuid k_uuid = *parse_uuid(k_namespace);
    const VerdictKey& key = *event.verdict;
    json::Writer name;
    name.open('[').string(key.provider).string(key.feed_type).string(key.transaction_id);
    name.string(key.ruleset).number(key.revision).string(event.kind).close(']');
    return print_uuid(uuid_v5(k_uuid, name.take()));
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
    const Json out = {
        {"v", 1},
        {"id", alert_id(event)},
        {"kind", event.kind},
        {"severity", event.severity},
        {"at", time::print_utc(event.at_us)},
        {"ends_at", event.ends_at_us ? Json(time::print_utc(*event.ends_at_us)) : Json(nullptr)},
        {"source", source_of(event)},
        {"labels", labels},
        {"summary", summary_of(event)},
        {"details", Json::parse(redacted(event.details))},
        {"correlation", Json::parse(event.correlation)},
        {"hints", event.hints},
        {"fingerprint", fingerprint(labels)}};
    return json::dumped(out);
}

std::size_t raise_alerts(db::Transaction& tx, std::span<const AlertEvent> events,
                         const RaiseOptions& options) {
    if (events.empty())
        return 0;
    const Columns c = columns_of(events, options);
    const auto fresh = tx.exec(k_raise, c.ids, c.kinds, c.severities, c.at, c.ends, c.sources,
                               c.labels, c.fingerprints, c.summaries, c.details, c.correlations,
                               c.hints, c.payments, c.routing_keys, c.messages, k_alert_exchange)
                           .only()
                           .integer("count");
    if (fresh > 0)
        tx.exec("SELECT pg_notify('harmonia_alert', '')");
    if (fresh > 0 && options.publish)
        tx.exec("SELECT pg_notify('harmonia_outbox', '')");
    return static_cast<std::size_t>(fresh);
}

} // namespace harmonia::observe

#include "jobs/alert/manage.hpp"

#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "core/json/writer.hpp"
#include "jobs/alert/decide.hpp"
#include "jobs/alert/load.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::alert {
namespace {

constexpr std::int64_t k_silence_max_us = 30LL * 24 * 3'600'000'000; // forgotten ones must end

/// The rows of a query with one parameter, as an array of objects.
Json rows_json(db::Transaction& tx, const std::string& sql, const std::string& id) {
    const auto rows =
        tx.exec("SELECT coalesce(json_agg(t), '[]') AS rows FROM (" + sql + ") t", id);
    return Json::parse(rows.only().text("rows"));
}

std::string masked_target(const Settings& settings, const Json& delivery) {
    const auto target = delivery.at("target").get<std::string>();
    const auto channel = settings.channels.find(delivery.at("channel").get<std::string>());
    return channel == settings.channels.end() ? "***" : channel->second->masked(target);
}

// Without payloads: they are what receivers see, and long.
constexpr const char* k_deliveries = R"(
    SELECT d.id, d.channel, d.target, d.state, d.attempts, d.retry_at, d.failure_reason,
        d.provider_id, d.idempotency_key, d.created_at, d.ended_at, n.number AS notification,
        n.reason, (
            SELECT coalesce(json_agg(a ORDER BY a.at), '[]')
            FROM (
                SELECT at, attempt, class, code, reply, duration_ms, worker
                FROM screening.delivery_attempt
                WHERE delivery_id = d.id
            ) a
        ) AS log
    FROM screening.delivery_state d
    JOIN screening.notification n ON n.id = d.notification_id
)";

void load_sums(db::Transaction& tx, Status& status) {
    const auto row = tx.exec(R"(
        SELECT
            (SELECT count(*) FROM screening.alert WHERE decided_at IS NULL) AS undecided,
            (SELECT count(*) FROM screening.alert_group WHERE next_at IS NOT NULL) AS groups,
            (SELECT count(*) FROM screening.alert
             WHERE suppressed_by IS NOT NULL
               AND received_at > now() - interval '1 day') AS suppressed,
            (SELECT count(*) FROM screening.silence
             WHERE now() BETWEEN starts_at AND ends_at) AS silences
    )")
                         .only();
    status.undecided = row.integer("undecided");
    status.groups_waiting = row.integer("groups");
    status.suppressed_day = row.integer("suppressed");
    status.silences = row.integer("silences");
}

void load_channels(db::Transaction& tx, const std::vector<std::string>& names, Status& status) {
    const auto rows = tx.exec(R"(
        SELECT c.name,
            count(*) FILTER (WHERE state = 'pending') AS pending,
            count(*) FILTER (WHERE state = 'leased') AS leased,
            count(*) FILTER (WHERE state = 'retry') AS retry,
            count(*) FILTER (WHERE state = 'dead') AS dead,
            count(*) FILTER (
                WHERE state = 'sent' AND ended_at > now() - interval '1 day') AS sent_day,
            (
                SELECT to_char(open_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                FROM screening.channel_state s
                WHERE s.channel = c.name AND open_until > now()
            ) AS breaker_open_until
        FROM (
            SELECT unnest($1::text[]) AS name
            UNION
            SELECT channel FROM screening.delivery WHERE final IS NULL OR final = 'dead'
        ) c
        LEFT JOIN screening.delivery_state d ON d.channel = c.name
        GROUP BY c.name
        ORDER BY c.name
    )",
                              names);
    for (const db::Row row : rows)
        status.channels.push_back({std::string(row.text("name")), row.integer("pending"),
                                   row.integer("leased"), row.integer("retry"), row.integer("dead"),
                                   row.integer("sent_day"),
                                   std::string(row.text("breaker_open_until"))});
}

/// An alert from `NAME=VALUE`s; kind and severity are taken from the labels.
Alert alert_with(const std::vector<std::string>& labels) {
    Alert alert;
    for (const auto& text : labels) {
        const auto equals = text.find('=');
        if (equals == 0 || equals == std::string::npos)
            throw Error(Exit::usage,
                        "a label must be NAME=VALUE, got '" + printable(text, 100) + "'");
        alert.labels[text.substr(0, equals)] = text.substr(equals + 1);
    }
    const auto label_or = [&](const char* name, const char* fallback) {
        const auto found = alert.labels.find(name);
        return found == alert.labels.end() ? std::string(fallback) : found->second;
    };
    alert.kind = label_or("kind", "fraud.verdict");
    alert.severity = label_or("severity", "warning");
    alert.labels.erase("severity");
    alert.labels.emplace("kind", alert.kind);
    alert.fingerprint = observe::fingerprint(alert.labels);
    return alert;
}

} // namespace

Status status(const db::Settings& database, const Settings& settings) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    std::vector<std::string> names;
    for (const auto& entry : settings.channels)
        names.push_back(entry.first);
    Status out;
    load_sums(tx, out);
    load_channels(tx, names, out);
    return out;
}

Shown show(const db::Settings& database, const Settings& settings, const std::string& id) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    Json found;
    if (parse_int(id)) {
        found["deliveries"] =
            rows_json(tx, std::string(k_deliveries) + "WHERE d.id = $1::bigint", id);
    } else {
        const Json alerts =
            rows_json(tx, "SELECT * FROM screening.alert WHERE id::text = $1", to_lower(id));
        if (!alerts.empty()) {
            found["alert"] = alerts.front();
            found["deliveries"] = rows_json(
                tx, std::string(k_deliveries) + "WHERE n.members @> ARRAY[$1::uuid] ORDER BY d.id",
                id);
        }
    }
    if (found.is_null() || (found["deliveries"].empty() && !found.contains("alert")))
        throw Error(Exit::usage, "unknown alert or delivery '" + printable(id, 60) + "'");
    for (Json& delivery : found["deliveries"])
        delivery["target"] = masked_target(settings, delivery);
    return {json::dumped(found), found.dump(2, ' ', false, Json::error_handler_t::replace)};
}

std::int64_t retry(const db::Settings& database, const std::vector<std::int64_t>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto done = tx.exec(R"(
        UPDATE screening.delivery
        SET final = NULL,
            attempts = 0,
            retry_at = NULL,
            lease_owner = NULL,
            lease_until = NULL,
            ended_at = NULL
        WHERE final = 'dead'
          AND (cardinality($1::bigint[]) = 0 OR id = ANY($1::bigint[]))
    )",
                              ids);
    tx.exec("SELECT pg_notify('harmonia_delivery', '')");
    tx.commit(Failpoint::alert_operator_commit);
    return static_cast<std::int64_t>(done.affected());
}

std::int64_t cancel(const db::Settings& database, const std::vector<std::int64_t>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto done = tx.exec(R"(
        UPDATE screening.delivery
        SET final = 'cancelled',
            ended_at = now(),
            lease_owner = NULL,
            lease_until = NULL
        WHERE final IS NULL
          AND (lease_until IS NULL OR lease_until <= now())
          AND id = ANY($1::bigint[])
    )",
                              ids);
    tx.commit(Failpoint::alert_operator_commit);
    return static_cast<std::int64_t>(done.affected());
}

std::int64_t add_silence(const db::Settings& database, const NewSilence& silence) {
    if (silence.matchers.empty())
        throw Error(Exit::usage, "a silence needs at least one matcher",
                    "Say what to silence: harmonia alert silence add card=\"0622\" --for 1h …");
    for (const auto& text : silence.matchers)
        if (const auto matcher = Matcher::parse(text); !matcher)
            throw Error(Exit::usage, "matcher " + matcher.error().detail);
        else if (text.starts_with("card") && card::shows_card(text))
            throw Error(Exit::usage, "a card must be given by its hash, not by its number",
                        "The label card holds the first 16 digits of the hash.");
    if (silence.lasts_us <= 0 || silence.lasts_us > k_silence_max_us)
        throw Error(Exit::usage, "a silence must last more than 0s and at most 30d");
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto rows = tx.exec(R"(
        INSERT INTO screening.silence (matchers, starts_at, ends_at, author, comment)
        SELECT $1::text[], start, start + $3::bigint * interval '1 microsecond', $4, $5
        FROM (SELECT now() + $2::bigint * interval '1 microsecond' AS start) t
        RETURNING id
    )",
                              silence.matchers, silence.begins_us, silence.lasts_us, silence.author,
                              card::redact(silence.comment));
    tx.commit(Failpoint::alert_operator_commit);
    return rows.only().integer("id");
}

std::int64_t expire_silences(const db::Settings& database, const std::vector<std::int64_t>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    tx.exec("DELETE FROM screening.silence WHERE ends_at < now() - interval '120 hours'");
    // A pending one starts just before now: a silence must not end before it starts.
    const auto done = tx.exec(R"(
        UPDATE screening.silence
        SET starts_at = least(starts_at, now() - interval '1 microsecond'),
            ends_at = now()
        WHERE ends_at > now()
          AND id = ANY($1::bigint[])
    )",
                              ids);
    tx.commit(Failpoint::alert_operator_commit);
    return static_cast<std::int64_t>(done.affected());
}

std::vector<SilenceRow> list_silences(const db::Settings& database, bool all) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const auto rows = tx.exec(R"(
        SELECT id,
            array_to_string(matchers, ' ') AS matchers,
            to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS starts_at,
            to_char(ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS ends_at,
            author, comment,
            CASE
                WHEN s.ends_at <= now() THEN 'expired'
                WHEN s.starts_at > now() THEN 'pending'
                ELSE 'active'
            END AS state
        FROM screening.silence s
        WHERE $1 OR s.ends_at > now()
        ORDER BY id
    )",
                              all);
    std::vector<SilenceRow> out;
    for (const db::Row row : rows)
        out.push_back({row.integer("id"), std::string(row.text("matchers")),
                       std::string(row.text("starts_at")), std::string(row.text("ends_at")),
                       std::string(row.text("author")), std::string(row.text("comment")),
                       std::string(row.text("state"))});
    return out;
}

RouteTest route_test(const db::Settings& database, const Settings& settings,
                     const std::vector<std::string>& labels) {
    Alert alert = alert_with(labels);
    const auto connection = db::connect(database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const Snapshot snapshot = load_snapshot(tx, settings, {alert});
    alert.received_us = snapshot.now_us;
    const auto duplicate = snapshot.notified.find(alert.fingerprint);
    RouteTest out;
    for (const Route* route : routes_of(settings, alert)) {
        const auto found = suppression(settings, *route, alert, snapshot);
        std::string by = found ? found->by + " " + found->what : "";
        if (!found && duplicate != snapshot.notified.end() &&
            alert.received_us < duplicate->second.second + route->dedup_us)
            by = "dedup " + duplicate->second.first;
        out.routes.push_back({route->path, route->receiver, group_of(*route, alert).key,
                              settings.receivers.at(route->receiver).channels, by});
    }
    return out;
}

} // namespace harmonia::alert

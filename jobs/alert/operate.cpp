#include "jobs/alert/operate.hpp"

#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "jobs/alert/decide.hpp"
#include "jobs/alert/load.hpp"

#include <fmt/format.h>

namespace harmonia::alert {
namespace {

constexpr std::int64_t k_silence_max_us = 30LL * 24 * 3'600'000'000; // forgotten ones must end

std::string optional_text(const db::Result& rows, std::size_t row, std::size_t column) {
    return rows.is_null(row, column) ? std::string() : std::string(rows.text(row, column));
}

Json rows_json(db::Transaction& tx, const std::string& sql, const std::string& id) {
    return Json::parse(
        tx.exec("SELECT coalesce(json_agg(t), '[]') FROM (" + sql + ") t", id).text(0, 0));
}

std::string masked_target(const Settings& settings, const Json& delivery) {
    const auto target = delivery.at("target").get<std::string>();
    const auto channel = settings.channels.find(delivery.at("channel").get<std::string>());
    return channel == settings.channels.end() ? "***" : channel->second->masked(target);
}

// Without payloads: they are what receivers see, and long.
constexpr const char* k_deliveries =
    "SELECT d.id, d.channel, d.target, d.state, d.attempts, d.retry_at, d.failure_reason,"
    " d.provider_id, d.idempotency_key, d.created_at, d.ended_at, n.number AS notification,"
    " n.reason, (SELECT coalesce(json_agg(a ORDER BY a.at), '[]') FROM"
    " (SELECT at, attempt, class, code, reply, duration_ms, worker FROM"
    " screening.delivery_attempt WHERE delivery_id = d.id) a) AS log"
    " FROM screening.delivery_state d JOIN screening.notification n ON n.id = d.notification_id ";

} // namespace

Status status(const db::Settings& database, const Settings& settings) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    Status out;
    const auto sums = tx.exec(
        "SELECT (SELECT count(*) FROM screening.alert WHERE decided_at IS NULL),"
        " (SELECT count(*) FROM screening.alert_group WHERE next_at IS NOT NULL),"
        " (SELECT count(*) FROM screening.alert WHERE suppressed_by IS NOT NULL"
        " AND received_at > now() - interval '1 day'),"
        " (SELECT count(*) FROM screening.silence WHERE now() BETWEEN starts_at AND ends_at)");
    out.undecided = sums.integer(0, 0);
    out.groups_waiting = sums.integer(0, 1);
    out.suppressed_day = sums.integer(0, 2);
    out.silences = sums.integer(0, 3);
    std::vector<std::string> names;
    for (const auto& entry : settings.channels)
        names.push_back(entry.first);
    const auto rows = tx.exec(
        "SELECT c.name, count(*) FILTER (WHERE state = 'pending'),"
        " count(*) FILTER (WHERE state = 'leased'), count(*) FILTER (WHERE state = 'retry'),"
        " count(*) FILTER (WHERE state = 'dead'),"
        " count(*) FILTER (WHERE state = 'sent' AND ended_at > now() - interval '1 day'),"
        " (SELECT to_char(open_until AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        " FROM screening.channel_state s WHERE s.channel = c.name AND open_until > now())"
        " FROM (SELECT unnest($1::text[]) AS name UNION SELECT channel FROM screening.delivery"
        " WHERE final IS NULL OR final = 'dead') c LEFT JOIN screening.delivery_state d"
        " ON d.channel = c.name GROUP BY 1 ORDER BY 1",
        names);
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.channels.push_back({std::string(rows.text(i, 0)), rows.integer(i, 1),
                                rows.integer(i, 2), rows.integer(i, 3), rows.integer(i, 4),
                                rows.integer(i, 5), optional_text(rows, i, 6)});
    return out;
}

Json show(const db::Settings& database, const Settings& settings, const std::string& id) {
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
        throw Error(Exit::usage, "there is no alert or delivery '" + printable(id, 60) + "'");
    for (Json& delivery : found["deliveries"])
        delivery["target"] = masked_target(settings, delivery);
    return found;
}

std::int64_t retry(const db::Settings& database, const std::vector<long long>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto done =
        tx.exec("UPDATE screening.delivery SET final = NULL, attempts = 0, retry_at = NULL,"
                " lease_owner = NULL, lease_until = NULL, ended_at = NULL WHERE final = 'dead'"
                " AND (cardinality($1::bigint[]) = 0 OR id = ANY($1::bigint[]))",
                ids);
    tx.exec("SELECT pg_notify('harmonia_delivery', '')");
    tx.commit(Failpoint::alert_operator_commit);
    return static_cast<std::int64_t>(done.affected());
}

std::int64_t cancel(const db::Settings& database, const std::vector<long long>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto done =
        tx.exec("UPDATE screening.delivery SET final = 'cancelled', ended_at = now(),"
                " lease_owner = NULL, lease_until = NULL WHERE final IS NULL"
                " AND (lease_until IS NULL OR lease_until <= now()) AND id = ANY($1::bigint[])",
                ids);
    tx.commit(Failpoint::alert_operator_commit);
    return static_cast<std::int64_t>(done.affected());
}

long long add_silence(const db::Settings& database, const NewSilence& silence) {
    if (silence.matchers.empty())
        throw Error(Exit::usage, "a silence of everything is none",
                    "Name what to silence: harmonia alert silence add card=\"0622\" --for 1h …");
    for (const auto& text : silence.matchers)
        if (const auto matcher = Matcher::parse(text); !matcher)
            throw Error(Exit::usage, "matcher " + matcher.error().detail);
        else if (text.starts_with("card") && card::shows_card(text))
            throw Error(Exit::usage, "a card is named by its hash, never by its number",
                        "The label card holds the first 16 digits of the hash.");
    if (silence.lasts_us <= 0 || silence.lasts_us > k_silence_max_us)
        throw Error(Exit::usage, "a silence lasts 30 days at most");
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    const auto id =
        tx.exec("INSERT INTO screening.silence (matchers, starts_at, ends_at, author, comment)"
                " SELECT $1::text[], s, s + $3::bigint * interval '1 microsecond', $4, $5"
                " FROM (SELECT now() + $2::bigint * interval '1 microsecond' AS s) t RETURNING id",
                silence.matchers, static_cast<long long>(silence.begins_us),
                static_cast<long long>(silence.lasts_us), silence.author,
                card::redact(silence.comment))
            .integer(0, 0);
    tx.commit(Failpoint::alert_operator_commit);
    return id;
}

std::int64_t expire_silences(const db::Settings& database, const std::vector<long long>& ids) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection);
    tx.exec("DELETE FROM screening.silence WHERE ends_at < now() - interval '120 hours'");
    const auto done = tx.exec("UPDATE screening.silence SET starts_at = least(starts_at, now() -"
                              " interval '1 microsecond'), ends_at = now()"
                              " WHERE ends_at > now() AND id = ANY($1::bigint[])",
                              ids);
    tx.commit(Failpoint::alert_operator_commit);
    return static_cast<std::int64_t>(done.affected());
}

std::vector<SilenceRow> list_silences(const db::Settings& database, bool all) {
    const auto connection = db::connect(database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    const auto rows = tx.exec(
        "SELECT id, array_to_string(matchers, ' '),"
        " to_char(starts_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'),"
        " to_char(ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), author, comment,"
        " CASE WHEN ends_at <= now() THEN 'expired' WHEN starts_at > now() THEN 'pending'"
        " ELSE 'active' END FROM screening.silence WHERE $1 OR ends_at > now() ORDER BY id",
        all);
    std::vector<SilenceRow> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.integer(i, 0), std::string(rows.text(i, 1)),
                       std::string(rows.text(i, 2)), std::string(rows.text(i, 3)),
                       std::string(rows.text(i, 4)), std::string(rows.text(i, 5)),
                       std::string(rows.text(i, 6))});
    return out;
}

RouteTest route_test(const db::Settings& database, const Settings& settings,
                     const std::vector<std::string>& labels) {
    Alert alert;
    for (const auto& text : labels) {
        const auto equals = text.find('=');
        if (equals == 0 || equals == std::string::npos)
            throw Error(Exit::usage, "'" + printable(text, 100) + "' is no NAME=VALUE");
        alert.labels[text.substr(0, equals)] = text.substr(equals + 1);
    }
    const auto take = [&](const char* name, std::string& into, const char* otherwise) {
        const auto found = alert.labels.find(name);
        into = found == alert.labels.end() ? otherwise : found->second;
    };
    take("kind", alert.kind, "fraud.verdict");
    take("severity", alert.severity, "warning");
    alert.labels.erase("severity");
    alert.labels.emplace("kind", alert.kind);
    alert.fingerprint = observe::fingerprint(alert.labels);
    const auto connection = db::connect(database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    Scene scene = load_scene(tx, settings, {alert});
    alert.received_us = scene.now_us;
    RouteTest out;
    for (const Route* route : routes_of(settings, alert)) {
        const auto found = suppression(settings, *route, alert, scene);
        std::string by = found ? found->by + " " + found->what : "";
        const auto told = scene.told.find(alert.fingerprint);
        if (!found && told != scene.told.end() &&
            alert.received_us < told->second.second + route->dedup_us)
            by = "dedup " + told->second.first;
        out.routes.push_back({route->path, route->receiver, group_of(*route, alert).key,
                              settings.receivers.at(route->receiver).channels, by});
    }
    return out;
}

} // namespace harmonia::alert

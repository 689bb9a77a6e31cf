#include "jobs/alert/load.hpp"

#include <algorithm>
#include <set>

namespace harmonia::alert {
namespace {

// Columns of an Alert, of table a.
#define ALERT_COLUMNS                                                                              \
    "a.id, a.kind, a.severity, a.labels, a.fingerprint, to_json(a.hints),"                         \
    " (extract(epoch FROM a.received_at) * 1000000)::bigint,"                                      \
    " (extract(epoch FROM a.ends_at) * 1000000)::bigint"

constexpr int k_recent_max = 10'000; // alerts that may inhibit: newer ones count

Labels labels_of(std::string_view text) {
    Labels labels;
    const Json parsed = Json::parse(text);
    for (const auto& [name, value] : parsed.items())
        labels[name] = value.is_string() ? value.get<std::string>() : value.dump();
    return labels;
}

Alert alert_at(const db::Result& rows, std::size_t row, std::size_t column = 0) {
    Alert alert;
    alert.id = rows.text(row, column);
    alert.kind = rows.text(row, column + 1);
    alert.severity = rows.text(row, column + 2);
    alert.labels = labels_of(rows.text(row, column + 3));
    alert.fingerprint = rows.text(row, column + 4);
    alert.hints = Json::parse(rows.text(row, column + 5)).get<std::vector<std::string>>();
    alert.received_us = rows.integer(row, column + 6);
    if (!rows.is_null(row, column + 7))
        alert.ends_at_us = rows.integer(row, column + 7);
    return alert;
}

std::optional<std::int64_t> optional_us(const db::Result& rows, std::size_t row,
                                        std::size_t column) {
    if (rows.is_null(row, column))
        return std::nullopt;
    return rows.integer(row, column);
}

// Columns of a Group, of table g.
#define GROUP_COLUMNS                                                                              \
    "g.id, g.group_key, g.route, g.labels, to_json(g.hints), g.number,"                            \
    " (extract(epoch FROM g.last_sent) * 1000000)::bigint,"                                        \
    " (extract(epoch FROM g.next_at) * 1000000)::bigint"

Group group_at(const db::Result& rows, std::size_t row) {
    Group group;
    group.id = rows.integer(row, 0);
    group.key.key = rows.text(row, 1);
    group.key.route = rows.text(row, 2);
    group.key.labels = labels_of(rows.text(row, 3));
    group.key.hints = Json::parse(rows.text(row, 4)).get<std::vector<std::string>>();
    group.times = {static_cast<int>(rows.integer(row, 5)), optional_us(rows, row, 6),
                   optional_us(rows, row, 7)};
    return group;
}

void load_recent(db::Transaction& tx, const Settings& settings, Scene& scene) {
    std::int64_t lasts = 0;
    for (const Inhibition& rule : settings.inhibitions)
        lasts = std::max(lasts, rule.lasts_us);
    if (settings.inhibitions.empty())
        return;
    const auto rows =
        tx.exec("SELECT " ALERT_COLUMNS " FROM screening.alert a WHERE a.decided_at IS NOT NULL"
                " AND (a.received_at > now() - $1::bigint * interval '1 microsecond'"
                " OR a.ends_at > now()) ORDER BY a.seq DESC LIMIT $2",
                static_cast<long long>(lasts), k_recent_max);
    for (std::size_t i = 0; i < rows.size(); ++i)
        scene.recent.push_back(alert_at(rows, i));
}

std::int64_t longest_window(const Route& route) {
    std::int64_t longest = route.dedup_us;
    for (const Route& child : route.routes)
        longest = std::max(longest, longest_window(child));
    return longest;
}

} // namespace

std::int64_t server_now_us(db::Transaction& tx) {
    return tx.exec("SELECT (extract(epoch FROM now()) * 1000000)::bigint").integer(0, 0);
}

std::vector<Alert> load_waiting(db::Transaction& tx, int limit) {
    const auto rows = tx.exec("SELECT " ALERT_COLUMNS " FROM screening.alert a"
                              " WHERE a.decided_at IS NULL ORDER BY a.seq LIMIT $1",
                              limit);
    std::vector<Alert> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back(alert_at(rows, i));
    return out;
}

std::vector<Silence> load_silences(db::Transaction& tx) {
    const auto rows = tx.exec("SELECT id, to_json(matchers),"
                              " (extract(epoch FROM starts_at) * 1000000)::bigint,"
                              " (extract(epoch FROM ends_at) * 1000000)::bigint"
                              " FROM screening.silence WHERE ends_at > now() ORDER BY id");
    std::vector<Silence> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Silence silence{rows.integer(i, 0), {}, rows.integer(i, 2), rows.integer(i, 3)};
        for (const auto& text : Json::parse(rows.text(i, 1)))
            if (auto matcher = Matcher::parse(text.get<std::string>()))
                silence.matchers.push_back(std::move(*matcher));
        out.push_back(std::move(silence));
    }
    return out;
}

Scene load_scene(db::Transaction& tx, const Settings& settings, const std::vector<Alert>& alerts) {
    Scene scene;
    scene.now_us = server_now_us(tx);
    scene.silences = load_silences(tx);
    load_recent(tx, settings, scene);
    std::set<std::string> prints;
    for (const Alert& alert : alerts)
        prints.insert(alert.fingerprint);
    const auto window = std::max(longest_window(settings.root), settings.fallback.dedup_us);
    const auto rows = tx.exec(
        "SELECT DISTINCT ON (fingerprint) fingerprint, id,"
        " (extract(epoch FROM received_at) * 1000000)::bigint FROM screening.alert"
        " WHERE fingerprint = ANY($1::text[]) AND decided_at IS NOT NULL"
        " AND (suppressed_by IS NULL OR suppressed_by = 'throttle')"
        " AND received_at > now() - $2::bigint * interval '1 microsecond'"
        " ORDER BY fingerprint, received_at DESC",
        std::vector<std::string>(prints.begin(), prints.end()), static_cast<long long>(window));
    for (std::size_t i = 0; i < rows.size(); ++i)
        scene.told[std::string(rows.text(i, 0))] = {std::string(rows.text(i, 1)),
                                                    rows.integer(i, 2)};
    return scene;
}

std::vector<Group> load_due_groups(db::Transaction& tx, std::int64_t now_us, bool hurry,
                                   int limit) {
    const auto rows =
        tx.exec("SELECT " GROUP_COLUMNS " FROM screening.alert_group g"
                " WHERE g.next_at <= timestamptz 'epoch' + $1::bigint * interval '1 microsecond'"
                " OR ($2 AND g.next_at IS NOT NULL AND g.number = 0"
                " AND NOT starts_with(g.group_key, 'digest:')) ORDER BY g.next_at, g.id LIMIT $3",
                static_cast<long long>(now_us), hurry, limit);
    std::vector<Group> groups;
    std::map<long long, std::size_t> by_id;
    std::vector<long long> ids;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        groups.push_back(group_at(rows, i));
        by_id[groups.back().id] = i;
        ids.push_back(groups.back().id);
    }
    const auto members =
        tx.exec("SELECT m.group_id, m.notified IS NULL, " ALERT_COLUMNS
                " FROM screening.alert_member m JOIN screening.alert a ON a.id = m.alert_id"
                " WHERE m.group_id = ANY($1::bigint[]) AND (m.notified IS NULL OR a.ends_at >"
                " timestamptz 'epoch' + $2::bigint * interval '1 microsecond') ORDER BY a.seq",
                ids, static_cast<long long>(now_us));
    for (std::size_t i = 0; i < members.size(); ++i) {
        Group& group = groups[by_id.at(members.integer(i, 0))];
        (members.boolean(i, 1) ? group.fresh : group.firing).push_back(alert_at(members, i, 2));
    }
    return groups;
}

std::map<std::string, Group> load_groups(db::Transaction& tx,
                                         const std::vector<std::string>& keys) {
    const auto rows = tx.exec("SELECT " GROUP_COLUMNS " FROM screening.alert_group g"
                              " WHERE g.group_key = ANY($1::text[])",
                              keys);
    std::map<std::string, Group> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.emplace(rows.text(i, 1), group_at(rows, i));
    return out;
}

Buckets load_buckets(db::Transaction& tx) {
    const auto rows = tx.exec("SELECT route, channel,"
                              " (extract(epoch FROM full_at) * 1000000)::bigint"
                              " FROM screening.throttle");
    Buckets out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out[{std::string(rows.text(i, 0)), std::string(rows.text(i, 1))}] = rows.integer(i, 2);
    return out;
}

std::map<std::string, Json> load_details(db::Transaction& tx, const std::vector<std::string>& ids) {
    const auto rows = tx.exec(
        "SELECT id, json_build_object('id', id, 'kind', kind, 'severity', severity,"
        " 'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
        " 'ends_at', to_char(ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'),"
        " 'source', source, 'labels', labels, 'summary', summary, 'details', details,"
        " 'correlation', correlation, 'count', count, 'fingerprint', fingerprint)"
        " FROM screening.alert WHERE id = ANY($1::uuid[])",
        ids);
    std::map<std::string, Json> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.emplace(rows.text(i, 0), Json::parse(rows.text(i, 1)));
    return out;
}

ChannelMemory load_memory(db::Transaction& tx, const std::string& channel) {
    const auto rows = tx.exec("SELECT failures, (extract(epoch FROM open_until) * 1000000)::bigint,"
                              " CASE WHEN day = (now() AT TIME ZONE 'UTC')::date THEN day_count"
                              " ELSE 0 END FROM screening.channel_state WHERE channel = $1"
                              " FOR UPDATE",
                              channel);
    if (rows.empty()) { // for the others to wait at
        tx.exec("INSERT INTO screening.channel_state (channel) VALUES ($1) ON CONFLICT DO NOTHING",
                channel);
        return load_memory(tx, channel);
    }
    return {static_cast<int>(rows.integer(0, 0)), optional_us(rows, 0, 1),
            static_cast<int>(rows.integer(0, 2))};
}

int leased(db::Transaction& tx, const std::string& channel) {
    return static_cast<int>(tx.exec("SELECT count(*) FROM screening.delivery WHERE channel = $1"
                                    " AND final IS NULL AND lease_until > now()",
                                    channel)
                                .integer(0, 0));
}

std::vector<Letter> load_letters(db::Transaction& tx, const std::vector<long long>& ids) {
    const auto rows = tx.exec("SELECT d.id, d.idempotency_key, d.target,"
                              " (extract(epoch FROM d.created_at) * 1000000)::bigint, d.payload"
                              " FROM unnest($1::bigint[]) WITH ORDINALITY u(id, n)"
                              " JOIN screening.delivery d USING (id) ORDER BY u.n",
                              ids);
    std::vector<Letter> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({rows.integer(i, 0), std::string(rows.text(i, 1)),
                       std::string(rows.text(i, 2)), rows.integer(i, 3),
                       Json::parse(rows.text(i, 4))});
    return out;
}

} // namespace harmonia::alert

#include "jobs/alert/load.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace harmonia::alert {
namespace {

// What read_alert() reads, from screening.alert a.
constexpr std::string_view k_alert_columns =
    "a.id, a.kind, a.severity, a.labels, a.fingerprint, a.hints, a.received_at, a.ends_at";
// What read_group() reads, from screening.alert_group g.
constexpr std::string_view k_group_columns =
    "g.id, g.group_key, g.route, g.labels, g.hints, g.number, g.last_sent, g.next_at";

constexpr int k_recent_max = 10'000; // alerts that may inhibit: newer ones count

Labels labels_of(std::string_view text) {
    Labels labels;
    const Json parsed = Json::parse(text);
    for (const auto& [name, value] : parsed.items())
        labels[name] = value.is_string() ? value.get<std::string>() : value.dump();
    return labels;
}

std::optional<std::int64_t> optional_us(const db::Row& row, std::string_view column) {
    const auto instant = row.optional_instant(column);
    return instant ? std::optional(instant->us) : std::nullopt;
}

Alert read_alert(const db::Row& row) {
    Alert alert;
    alert.id = row.text("id");
    alert.kind = row.text("kind");
    alert.severity = row.text("severity");
    alert.labels = labels_of(row.text("labels"));
    alert.fingerprint = row.text("fingerprint");
    alert.hints = row.texts("hints");
    alert.received_us = row.instant("received_at").us;
    alert.ends_at_us = optional_us(row, "ends_at");
    return alert;
}

Group read_group(const db::Row& row) {
    Group group;
    group.id = row.integer("id");
    group.key.key = row.text("group_key");
    group.key.route = row.text("route");
    group.key.labels = labels_of(row.text("labels"));
    group.key.hints = row.texts("hints");
    group.times = {static_cast<int>(row.integer("number")), optional_us(row, "last_sent"),
                   optional_us(row, "next_at")};
    return group;
}

void load_recent(db::Transaction& tx, const Settings& settings, Snapshot& snapshot) {
    if (settings.inhibitions.empty())
        return;
    std::int64_t lasts = 0;
    for (const Inhibition& rule : settings.inhibitions)
        lasts = std::max(lasts, rule.lasts_us);
    const auto rows = tx.exec(fmt::format(R"(
        SELECT {}
        FROM screening.alert a
        WHERE a.decided_at IS NOT NULL
          AND (a.received_at > now() - $1::bigint * interval '1 microsecond' OR a.ends_at > now())
        ORDER BY a.seq DESC
        LIMIT $2
    )",
                                          k_alert_columns),
                              lasts, k_recent_max);
    for (const db::Row row : rows)
        snapshot.recent.push_back(read_alert(row));
}

std::int64_t longest_window(const Route& route) {
    std::int64_t longest = route.dedup_us;
    for (const Route& child : route.routes)
        longest = std::max(longest, longest_window(child));
    return longest;
}

void load_members(db::Transaction& tx, std::int64_t now_us, std::vector<Group>& groups) {
    std::map<std::int64_t, Group*> by_id;
    std::vector<std::int64_t> ids;
    for (Group& group : groups) {
        by_id[group.id] = &group;
        ids.push_back(group.id);
    }
    const auto rows = tx.exec(fmt::format(R"(
        SELECT m.group_id, m.notified IS NULL AS fresh, {}
        FROM screening.alert_member m
        JOIN screening.alert a ON a.id = m.alert_id
        WHERE m.group_id = ANY($1::bigint[])
          AND (m.notified IS NULL OR a.ends_at > $2::timestamptz)
        ORDER BY a.seq
    )",
                                          k_alert_columns),
                              ids, db::Instant{now_us});
    for (const db::Row row : rows) {
        Group& group = *by_id.at(row.integer("group_id"));
        (row.boolean("fresh") ? group.fresh : group.firing).push_back(read_alert(row));
    }
}

} // namespace

std::vector<Alert> load_undecided(db::Transaction& tx, int limit) {
    const auto rows = tx.exec(fmt::format(R"(
        SELECT {}
        FROM screening.alert a
        WHERE a.decided_at IS NULL
        ORDER BY a.seq
        LIMIT $1
    )",
                                          k_alert_columns),
                              limit);
    std::vector<Alert> out;
    for (const db::Row row : rows)
        out.push_back(read_alert(row));
    return out;
}

std::vector<Silence> load_silences(db::Transaction& tx) {
    const auto rows = tx.exec(R"(
        SELECT id, matchers, starts_at, ends_at
        FROM screening.silence
        WHERE ends_at > now()
        ORDER BY id
    )");
    std::vector<Silence> out;
    for (const db::Row row : rows) {
        Silence silence{
            row.integer("id"), {}, row.instant("starts_at").us, row.instant("ends_at").us};
        for (const std::string& text : row.texts("matchers"))
            if (auto matcher = Matcher::parse(text))
                silence.matchers.push_back(std::move(*matcher));
        out.push_back(std::move(silence));
    }
    return out;
}

Snapshot load_snapshot(db::Transaction& tx, const Settings& settings,
                       const std::vector<Alert>& alerts) {
    Snapshot snapshot;
    snapshot.now_us = db::server_time(tx).us;
    snapshot.silences = load_silences(tx);
    load_recent(tx, settings, snapshot);
    std::set<std::string> fingerprints;
    for (const Alert& alert : alerts)
        fingerprints.insert(alert.fingerprint);
    const auto window = std::max(longest_window(settings.root), settings.fallback.dedup_us);
    const auto rows =
        tx.exec(R"(
        SELECT DISTINCT ON (fingerprint) fingerprint, id, received_at
        FROM screening.alert
        WHERE fingerprint = ANY($1::text[])
          AND decided_at IS NOT NULL
          AND (suppressed_by IS NULL OR suppressed_by = 'throttle')
          AND received_at > now() - $2::bigint * interval '1 microsecond'
        ORDER BY fingerprint, received_at DESC
    )",
                std::vector<std::string>(fingerprints.begin(), fingerprints.end()), window);
    for (const db::Row row : rows)
        snapshot.notified[std::string(row.text("fingerprint"))] = {std::string(row.text("id")),
                                                                   row.instant("received_at").us};
    return snapshot;
}

std::vector<Group> load_due_groups(db::Transaction& tx, std::int64_t now_us, bool flush,
                                   int limit) {
    const auto rows = tx.exec(fmt::format(R"(
        SELECT {}
        FROM screening.alert_group g
        WHERE g.next_at <= $1::timestamptz
           OR ($2 AND g.next_at IS NOT NULL AND g.number = 0
               AND NOT starts_with(g.group_key, 'digest:'))
        ORDER BY g.next_at, g.id
        LIMIT $3
    )",
                                          k_group_columns),
                              db::Instant{now_us}, flush, limit);
    std::vector<Group> groups;
    for (const db::Row row : rows)
        groups.push_back(read_group(row));
    load_members(tx, now_us, groups);
    return groups;
}

std::map<std::string, Group> load_groups(db::Transaction& tx,
                                         const std::vector<std::string>& keys) {
    const auto rows = tx.exec(fmt::format(R"(
        SELECT {}
        FROM screening.alert_group g
        WHERE g.group_key = ANY($1::text[])
    )",
                                          k_group_columns),
                              keys);
    std::map<std::string, Group> out;
    for (const db::Row row : rows)
        out.emplace(row.text("group_key"), read_group(row));
    return out;
}

Buckets load_buckets(db::Transaction& tx) {
    const auto rows = tx.exec("SELECT route, channel, full_at FROM screening.throttle");
    Buckets out;
    for (const db::Row row : rows)
        out[{std::string(row.text("route")), std::string(row.text("channel"))}] =
            row.instant("full_at").us;
    return out;
}

std::map<std::string, std::string> load_details(db::Transaction& tx,
                                                const std::vector<std::string>& ids) {
    const auto rows = tx.exec(R"(
        SELECT id,
            json_build_object(
                'id', id,
                'kind', kind,
                'severity', severity,
                'at', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'ends_at', to_char(ends_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'source', source,
                'labels', labels,
                'summary', summary,
                'details', details,
                'correlation', correlation,
                'count', count,
                'fingerprint', fingerprint) AS alert
        FROM screening.alert
        WHERE id = ANY($1::uuid[])
    )",
                              ids);
    std::map<std::string, std::string> out;
    for (const db::Row row : rows)
        out.emplace(row.text("id"), row.text("alert"));
    return out;
}

ChannelState load_channel_state(db::Transaction& tx, const std::string& channel) {
    const auto row = tx.exec(R"(
        SELECT failures, open_until,
            CASE WHEN day = (now() AT TIME ZONE 'UTC')::date THEN day_count ELSE 0 END AS sent_today
        FROM screening.channel_state
        WHERE channel = $1
        FOR UPDATE
    )",
                             channel)
                         .optional_row();
    if (!row) { // the row is also the lock that workers of the channel take
        tx.exec("INSERT INTO screening.channel_state (channel) VALUES ($1) ON CONFLICT DO NOTHING",
                channel);
        return load_channel_state(tx, channel);
    }
    return {static_cast<int>(row->integer("failures")), optional_us(*row, "open_until"),
            static_cast<int>(row->integer("sent_today"))};
}

int count_leased(db::Transaction& tx, const std::string& channel) {
    const auto rows = tx.exec(R"(
        SELECT count(*)
        FROM screening.delivery
        WHERE channel = $1 AND final IS NULL AND lease_until > now()
    )",
                              channel);
    return static_cast<int>(rows.only().integer("count"));
}

std::vector<Delivery> load_deliveries(db::Transaction& tx, const std::vector<std::int64_t>& ids) {
    const auto rows = tx.exec(R"(
        SELECT d.id, d.idempotency_key, d.target, d.created_at, d.payload
        FROM unnest($1::bigint[]) WITH ORDINALITY u(id, n)
        JOIN screening.delivery d USING (id)
        ORDER BY u.n
    )",
                              ids);
    std::vector<Delivery> out;
    for (const db::Row row : rows)
        out.push_back({row.integer("id"), std::string(row.text("idempotency_key")),
                       std::string(row.text("target")), row.instant("created_at").us,
                       std::string(row.text("payload"))});
    return out;
}

std::vector<std::string> load_channels_with_work(db::Transaction& tx) {
    const auto rows = tx.exec(R"(
        SELECT DISTINCT channel
        FROM screening.delivery
        WHERE final IS NULL
          AND (retry_at IS NULL OR retry_at <= now())
          AND (lease_until IS NULL OR lease_until <= now())
    )");
    std::vector<std::string> out;
    for (const db::Row row : rows)
        out.emplace_back(row.text("channel"));
    return out;
}

} // namespace harmonia::alert

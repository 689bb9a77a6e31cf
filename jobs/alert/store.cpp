#include "jobs/alert/store.hpp"

#include "core/base/check.hpp"
#include "core/json/writer.hpp"

#include <algorithm>
#include <map>

namespace harmonia::alert {
namespace {

std::optional<db::Instant> instant_of(std::optional<std::int64_t> us) {
    return us ? std::optional(db::Instant{*us}) : std::nullopt;
}

std::string labels_json(const Labels& labels) {
    json::Writer out;
    out.open('{');
    for (const auto& [name, value] : labels)
        out.member(name, value);
    return out.close('}').take();
}

std::string array_text(const std::vector<std::string>& texts) {
    db::ArrayText out;
    for (const std::string& text : texts)
        out.add(text);
    return std::string(out.view());
}

void store_duplicates(db::Transaction& tx, const std::vector<Decision>& decisions,
                      const std::vector<Alert>& alerts) {
    std::vector<std::string> ids;
    std::vector<std::optional<db::Instant>> ends;
    for (std::size_t i = 0; i < decisions.size(); ++i)
        if (!decisions[i].duplicate_of.empty()) {
            ids.push_back(decisions[i].duplicate_of);
            ends.push_back(instant_of(alerts[i].ends_at_us));
        }
    if (ids.empty())
        return;
    tx.exec(R"(
        UPDATE screening.alert a
        SET count = a.count + d.times,
            last_seen = now(),
            ends_at = greatest(a.ends_at, d.ends_at)
        FROM (
            SELECT id, count(*)::int AS times, max(ends_at) AS ends_at
            FROM unnest($1::uuid[], $2::timestamptz[]) u(id, ends_at)
            GROUP BY id
        ) d
        WHERE a.id = d.id
    )",
            ids, ends);
}

/// Creates the groups that do not exist yet.
void store_groups(db::Transaction& tx, const std::map<std::string, const GroupKey*>& groups) {
    std::vector<std::string> keys, routes, labels, hints;
    for (const auto& [key, group] : groups) {
        keys.push_back(key);
        routes.push_back(group->route);
        labels.push_back(labels_json(group->labels));
        hints.push_back(array_text(group->hints));
    }
    tx.exec(R"(
        INSERT INTO screening.alert_group (group_key, route, labels, hints)
        SELECT key, route, labels::jsonb, hints::text[]
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) u(key, route, labels, hints)
        ON CONFLICT (group_key) DO NOTHING
    )",
            keys, routes, labels, hints);
}

void store_due_times(db::Transaction& tx, const std::map<std::string, Group>& groups) {
    std::vector<std::int64_t> ids;
    std::vector<db::Instant> due;
    for (const auto& [key, group] : groups) {
        HARMONIA_CHECK(group.times.next_us.has_value());
        ids.push_back(group.id);
        due.push_back({*group.times.next_us});
    }
    tx.exec(R"(
        UPDATE screening.alert_group g
        SET next_at = u.next_at
        FROM unnest($1::bigint[], $2::timestamptz[]) u(id, next_at)
        WHERE g.id = u.id
    )",
            ids, due);
}

void store_deliveries(db::Transaction& tx, const std::vector<Notification>& notifications) {
    std::vector<std::int64_t> groups, numbers;
    std::vector<std::string> channels, targets, keys, severities, payloads;
    for (const Notification& notification : notifications)
        for (const NewDelivery& delivery : notification.deliveries) {
            groups.push_back(notification.group_id);
            numbers.push_back(notification.number);
            channels.push_back(delivery.channel);
            targets.push_back(delivery.target);
            keys.push_back(delivery.key);
            severities.push_back(delivery.severity);
            payloads.push_back(delivery.payload);
        }
    tx.exec(R"(
        INSERT INTO screening.delivery
            (notification_id, channel, target, idempotency_key, severity, payload)
        SELECT n.id, u.channel, u.target, u.key, u.severity, u.payload::jsonb
        FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::text[])
            WITH ORDINALITY u(group_id, number, channel, target, key, severity, payload, ordinal)
        JOIN screening.notification n ON n.group_id = u.group_id AND n.number = u.number
        ORDER BY u.ordinal
    )",
            groups, numbers, channels, targets, keys, severities, payloads);
}

} // namespace

const claim::Table& delivery_table() {
    static const claim::Table table{.name = "screening.delivery",
                                    .attempt = "attempts",
                                    .target = "channel",
                                    .settled = "final"};
    return table;
}

void store_suppressed(db::Transaction& tx, const std::vector<SuppressedAlert>& alerts) {
    if (alerts.empty())
        return;
    std::vector<std::string> ids, by, what;
    for (const SuppressedAlert& alert : alerts) {
        ids.push_back(alert.alert_id);
        by.push_back(alert.by);
        what.push_back(alert.what);
    }
    // Payments are locked in their order, as raise_alerts() does, so that the two do not deadlock.
    tx.exec(R"(
        WITH given AS (
            SELECT *
            FROM unnest($1::uuid[], $2::text[], $3::text[]) u(id, by, what)
        ), changed AS (
            UPDATE screening.alert a
            SET decided_at = coalesce(decided_at, now()),
                suppressed_by = nullif(given.by, ''),
                suppressor = nullif(given.what, '')
            FROM given
            WHERE a.id = given.id
            RETURNING a.payment_id, a.suppressed_by
        ), payments AS (
            SELECT payment_id
            FROM screening.standing
            WHERE alert_state = 'queued'
              AND payment_id IN (
                SELECT payment_id FROM changed WHERE suppressed_by <> 'throttle')
            ORDER BY payment_id
            FOR NO KEY UPDATE
        )
        UPDATE screening.standing s
        SET alert_state = 'suppressed'
        FROM payments
        WHERE s.payment_id = payments.payment_id
    )",
            ids, by, what);
}

void store_decisions(db::Transaction& tx, const std::vector<Alert>& alerts,
                     const std::vector<Decision>& decisions) {
    HARMONIA_CHECK(alerts.size() == decisions.size());
    std::vector<SuppressedAlert> all;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        const auto& found = decisions[i].suppressed;
        all.push_back({alerts[i].id, found ? found->by : "", found ? found->what : ""});
    }
    store_suppressed(tx, all);
    store_duplicates(tx, decisions, alerts);
}

void store_members(db::Transaction& tx, const std::vector<NewMember>& members) {
    if (members.empty())
        return;
    std::map<std::string, const GroupKey*> keys;
    for (const NewMember& member : members)
        keys.emplace(member.group.key, &member.group);
    store_groups(tx, keys);
    std::vector<std::string> names;
    for (const auto& entry : keys)
        names.push_back(entry.first);
    auto groups = load_groups(tx, names);
    std::vector<std::int64_t> group_ids;
    std::vector<std::string> alert_ids;
    for (const NewMember& member : members) {
        HARMONIA_CHECK(member.due_us || member.route != nullptr);
        Group& group = groups.at(member.group.key);
        const auto due_us = member.due_us
                                ? *member.due_us
                                : due_with(*member.route, group.times, member.received_us);
        group.times.next_us = std::min(due_us, group.times.next_us.value_or(due_us));
        group_ids.push_back(group.id);
        alert_ids.push_back(member.alert_id);
    }
    store_due_times(tx, groups);
    tx.exec(R"(
        INSERT INTO screening.alert_member (group_id, alert_id)
        SELECT *
        FROM unnest($1::bigint[], $2::uuid[])
        ON CONFLICT DO NOTHING
    )",
            group_ids, alert_ids);
}

void remove_members(db::Transaction& tx,
                    const std::vector<std::pair<std::int64_t, std::string>>& members) {
    if (members.empty())
        return;
    std::vector<std::int64_t> groups;
    std::vector<std::string> alerts;
    for (const auto& [group, alert] : members) {
        groups.push_back(group);
        alerts.push_back(alert);
    }
    tx.exec(R"(
        DELETE FROM screening.alert_member m
        USING unnest($1::bigint[], $2::uuid[]) u(group_id, alert_id)
        WHERE m.group_id = u.group_id AND m.alert_id = u.alert_id
    )",
            groups, alerts);
}

void store_notifications(db::Transaction& tx, const std::vector<Notification>& notifications) {
    if (notifications.empty())
        return;
    std::vector<std::int64_t> groups, numbers;
    std::vector<std::string> reasons, members;
    for (const Notification& notification : notifications) {
        groups.push_back(notification.group_id);
        numbers.push_back(notification.number);
        reasons.push_back(notification.reason);
        members.push_back(array_text(notification.members));
    }
    tx.exec(R"(
        INSERT INTO screening.notification (group_id, number, reason, members)
        SELECT group_id, number, reason, members::uuid[]
        FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[])
            u(group_id, number, reason, members)
    )",
            groups, numbers, reasons, members);
    store_deliveries(tx, notifications);
    tx.exec("SELECT pg_notify('harmonia_delivery', '')");
}

void store_group_updates(db::Transaction& tx, const std::vector<GroupUpdate>& updates,
                         std::int64_t now_us) {
    std::vector<std::int64_t> ids;
    std::vector<bool> notified;
    std::vector<std::optional<db::Instant>> next;
    for (const GroupUpdate& update : updates) {
        ids.push_back(update.id);
        notified.push_back(update.notified);
        next.push_back(instant_of(update.next_us));
    }
    tx.exec(R"(
        WITH u AS (
            SELECT *
            FROM unnest($1::bigint[], $2::boolean[], $3::timestamptz[]) u(id, notified, next_at)
        ), marked AS (
            UPDATE screening.alert_member m
            SET notified = g.number + 1
            FROM u
            JOIN screening.alert_group g USING (id)
            WHERE u.notified AND m.group_id = u.id AND m.notified IS NULL
        )
        UPDATE screening.alert_group g
        SET number = g.number + u.notified::int,
            last_sent = CASE WHEN u.notified THEN $4::timestamptz ELSE last_sent END,
            next_at = u.next_at
        FROM u
        WHERE g.id = u.id
    )",
            ids, notified, next, db::Instant{now_us});
}

void store_buckets(db::Transaction& tx, const Buckets& buckets) {
    if (buckets.empty())
        return;
    std::vector<std::string> routes, channels;
    std::vector<db::Instant> full;
    for (const auto& [name, full_us] : buckets) {
        routes.push_back(name.first);
        channels.push_back(name.second);
        full.push_back({full_us});
    }
    tx.exec(R"(
        INSERT INTO screening.throttle (route, channel, full_at)
        SELECT *
        FROM unnest($1::text[], $2::text[], $3::timestamptz[])
        ON CONFLICT (route, channel) DO UPDATE SET full_at = excluded.full_at
    )",
            routes, channels, full);
}

} // namespace harmonia::alert

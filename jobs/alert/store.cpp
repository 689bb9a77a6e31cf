#include "jobs/alert/store.hpp"

#include "core/base/json_text.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <set>

namespace harmonia::alert {
namespace {

#define AT_US(parameter) "timestamptz 'epoch' + " parameter " * interval '1 microsecond'"

/// Empty text for null; arrays of parameters have no nulls.
std::string text_of(const std::optional<std::int64_t>& value) {
    return value ? std::to_string(*value) : std::string();
}

// Payments are locked in their order, as whoever raises alerts does.
constexpr const char* k_hush =
    "WITH s AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) s(id, by, what)),"
    " changed AS (UPDATE screening.alert a SET decided_at = coalesce(decided_at, now()),"
    " suppressed_by = nullif(s.by, ''), suppressor = nullif(s.what, '') FROM s"
    " WHERE a.id = s.id RETURNING a.payment_id, a.suppressed_by),"
    " payments AS (SELECT payment_id FROM screening.standing WHERE alert_state = 'queued'"
    " AND payment_id IN (SELECT payment_id FROM changed WHERE suppressed_by <> 'throttle')"
    " ORDER BY payment_id FOR NO KEY UPDATE)"
    " UPDATE screening.standing s SET alert_state = 'suppressed' FROM payments"
    " WHERE s.payment_id = payments.payment_id";

void store_repeats(db::Transaction& tx, const std::vector<Decision>& decisions,
                   const std::vector<Alert>& alerts) {
    std::vector<std::string> ids, ends;
    for (std::size_t i = 0; i < decisions.size(); ++i)
        if (!decisions[i].repeats.empty()) {
            ids.push_back(decisions[i].repeats);
            ends.push_back(text_of(alerts[i].ends_at_us));
        }
    if (ids.empty())
        return;
    tx.exec(
        "UPDATE screening.alert a SET count = a.count + r.times, last_seen = now(),"
        " ends_at = greatest(a.ends_at, r.ends) FROM (SELECT id, count(*)::int AS times,"
        " max(" AT_US(
            "nullif(ends, '')::bigint") ") AS ends FROM unnest($1::uuid[],"
                                        " $2::text[]) u(id, ends) GROUP BY id) r WHERE a.id = r.id",
        ids, ends);
}

} // namespace

const claim::Table& delivery_table() {
    static const claim::Table table{.name = "screening.delivery",
                                    .attempt = "attempts",
                                    .target = "channel",
                                    .settled = "final"};
    return table;
}

void store_hushed(db::Transaction& tx, const std::vector<Hushed>& hushed) {
    std::vector<std::string> ids, by, what;
    for (const Hushed& one : hushed) {
        ids.push_back(one.alert_id);
        by.push_back(one.by);
        what.push_back(one.what);
    }
    if (!ids.empty())
        tx.exec(k_hush, ids, by, what);
}

void store_decisions(db::Transaction& tx, const std::vector<Alert>& alerts,
                     const std::vector<Decision>& decisions) {
    std::vector<Hushed> all;
    for (std::size_t i = 0; i < alerts.size(); ++i) {
        const auto& found = decisions[i].suppressed;
        all.push_back({alerts[i].id, found ? found->by : "", found ? found->what : ""});
    }
    store_hushed(tx, all);
    store_repeats(tx, decisions, alerts);
}

void store_joins(db::Transaction& tx, const std::vector<Join>& joins) {
    if (joins.empty())
        return;
    std::map<std::string, const Join*> groups;
    for (const Join& join : joins)
        groups.emplace(join.group.key, &join);
    std::vector<std::string> keys, routes, labels, hints;
    for (const auto& [key, join] : groups) {
        keys.push_back(key);
        routes.push_back(join->group.route);
        labels.push_back(dumped(join->group.labels));
        hints.push_back(dumped(join->group.hints));
    }
    tx.exec("INSERT INTO screening.alert_group (group_key, route, labels, hints)"
            " SELECT k, r, l::jsonb, ARRAY(SELECT jsonb_array_elements_text(h::jsonb))"
            " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) u(k, r, l, h)"
            " ON CONFLICT (group_key) DO NOTHING",
            keys, routes, labels, hints);
    auto known = load_groups(tx, keys);
    std::vector<long long> ids, next, member_groups;
    std::vector<std::string> members;
    for (const Join& join : joins) {
        Group& group = known.at(join.group.key);
        const auto due =
            join.due_us ? *join.due_us : due_with(*join.route, group.times, join.received_us);
        group.times.next_us = std::min(due, group.times.next_us.value_or(due));
        member_groups.push_back(group.id);
        members.push_back(join.alert_id);
    }
    for (const auto& [key, group] : known) {
        ids.push_back(group.id);
        next.push_back(*group.times.next_us);
    }
    tx.exec("UPDATE screening.alert_group g SET next_at = " AT_US(
                "u.next") " FROM unnest($1::bigint[], $2::bigint[]) u(id, next) WHERE g.id = u.id",
            ids, next);
    tx.exec("INSERT INTO screening.alert_member (group_id, alert_id)"
            " SELECT * FROM unnest($1::bigint[], $2::uuid[]) ON CONFLICT DO NOTHING",
            member_groups, members);
}

void store_notices(db::Transaction& tx, const std::vector<Notice>& notices) {
    if (notices.empty())
        return;
    std::vector<long long> groups, numbers, out_groups, out_numbers;
    std::vector<std::string> reasons, members, channels, targets, keys, severities, payloads;
    for (const Notice& notice : notices) {
        groups.push_back(notice.group_id);
        numbers.push_back(notice.number);
        reasons.push_back(notice.reason);
        members.push_back("{" + join(notice.members, ",") + "}");
        for (const auto& out : notice.deliveries) {
            out_groups.push_back(notice.group_id);
            out_numbers.push_back(notice.number);
            channels.push_back(out.channel);
            targets.push_back(out.target);
            keys.push_back(
                idempotency_key(notice.group_id, notice.number, out.channel, out.target));
            severities.push_back(out.severity);
            payloads.push_back(out.payload);
        }
    }
    tx.exec("INSERT INTO screening.notification (group_id, number, reason, members)"
            " SELECT g, n, r, m::uuid[] FROM unnest($1::bigint[], $2::int[], $3::text[],"
            " $4::text[]) u(g, n, r, m)",
            groups, numbers, reasons, members);
    tx.exec("INSERT INTO screening.delivery (notification_id, channel, target, idempotency_key,"
            " severity, payload) SELECT o.id, c, t, k, s, p::jsonb FROM unnest($1::bigint[],"
            " $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[]) WITH"
            " ORDINALITY u(g, n, c, t, k, s, p, i) JOIN screening.notification o ON"
            " o.group_id = g AND o.number = n ORDER BY i",
            out_groups, out_numbers, channels, targets, keys, severities, payloads);
    tx.exec("SELECT pg_notify('harmonia_delivery', '')");
}

void store_moved(db::Transaction& tx, const std::vector<Moved>& moved, std::int64_t now_us) {
    std::vector<long long> ids, told;
    std::vector<std::string> next;
    for (const Moved& one : moved) {
        ids.push_back(one.id);
        told.push_back(one.told ? 1 : 0);
        next.push_back(text_of(one.next_us));
    }
    tx.exec("WITH u AS (SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[])"
            " u(id, told, next)), marked AS (UPDATE screening.alert_member m SET notified ="
            " g.number + 1 FROM u JOIN screening.alert_group g USING (id) WHERE u.told = 1"
            " AND m.group_id = u.id AND m.notified IS NULL)"
            " UPDATE screening.alert_group g SET number = g.number + u.told,"
            " last_sent = CASE WHEN u.told = 1 THEN " AT_US(
                "$4::bigint") " ELSE last_sent END,"
                              " next_at = " AT_US(
                                  "nullif(u.next, '')::bigint") " FROM u WHERE g.id = u.id",
            ids, told, next, static_cast<long long>(now_us));
}

void store_left(db::Transaction& tx, const std::vector<std::pair<long long, std::string>>& left) {
    std::vector<long long> groups;
    std::vector<std::string> alerts;
    for (const auto& [group, alert] : left) {
        groups.push_back(group);
        alerts.push_back(alert);
    }
    if (!groups.empty())
        tx.exec("DELETE FROM screening.alert_member m USING unnest($1::bigint[], $2::uuid[])"
                " u(g, a) WHERE m.group_id = g AND m.alert_id = a",
                groups, alerts);
}

void store_buckets(db::Transaction& tx, const Buckets& buckets) {
    std::vector<std::string> routes, channels;
    std::vector<long long> full;
    for (const auto& [name, at] : buckets) {
        routes.push_back(name.first);
        channels.push_back(name.second);
        full.push_back(at);
    }
    if (!full.empty())
        tx.exec("INSERT INTO screening.throttle (route, channel, full_at) SELECT r, c, " AT_US(
                    "f") " FROM unnest($1::text[], $2::text[], $3::bigint[]) u(r, c, f)"
                         " ON CONFLICT (route, channel) DO UPDATE SET full_at = excluded.full_at",
                routes, channels, full);
}

} // namespace harmonia::alert

// Writes about attempts to send, and the states of deliveries, channels and payments that follow.
#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "jobs/alert/store.hpp"

#include <map>

namespace harmonia::alert {
namespace {

constexpr std::size_t k_reply_max = 1000; // bytes of a reply that are kept

std::string kept_reply(const std::string& reply) {
    return printable(card::redact(reply), k_reply_max);
}

void record(db::Transaction& tx, const std::string& channel, const std::string& owner,
            const std::vector<Attempt>& attempts, bool lost) {
    std::vector<std::int64_t> ids, numbers, codes, durations;
    std::vector<std::string> targets, classes, replies;
    for (const Attempt& attempt : attempts) {
        ids.push_back(attempt.delivery.id);
        numbers.push_back(attempt.number);
        codes.push_back(attempt.result.code);
        durations.push_back(attempt.result.duration_ms);
        targets.push_back(attempt.masked_target);
        classes.emplace_back(lost ? "lost" : class_name(attempt.result.outcome));
        replies.push_back(lost ? "the worker ended without reporting a result"
                               : kept_reply(attempt.result.reply));
    }
    tx.exec(R"(
        INSERT INTO screening.delivery_attempt
            (delivery_id, attempt, channel, target, class, code, reply, duration_ms, worker)
        SELECT id, number, $1, target, class, nullif(code, 0), reply, duration_ms, $2
        FROM unnest($3::bigint[], $4::int[], $5::text[], $6::text[], $7::int[], $8::text[],
                $9::int[])
            u(id, number, target, class, code, reply, duration_ms)
    )",
            channel, owner, ids, numbers, targets, classes, codes, replies, durations);
}

/// Deliveries that this attempt ended.
void finish(db::Transaction& tx, const std::vector<Attempt>& attempts) {
    std::vector<std::int64_t> ids;
    std::vector<std::string> finals, providers, reasons;
    for (const Attempt& attempt : attempts) {
        if (attempt.decision.kind == RetryDecision::Kind::retry)
            continue;
        const bool sent = attempt.decision.kind == RetryDecision::Kind::sent;
        ids.push_back(attempt.delivery.id);
        finals.emplace_back(sent ? "sent" : "dead");
        providers.push_back(attempt.result.provider_id);
        reasons.push_back(sent ? "" : kept_reply(attempt.result.reply));
    }
    if (ids.empty())
        return;
    tx.exec(R"(
        UPDATE screening.delivery d
        SET final = u.final,
            ended_at = now(),
            retry_at = NULL,
            provider_id = nullif(u.provider, ''),
            failure_reason = nullif(u.reason, ''),
            lease_owner = NULL,
            lease_until = NULL
        FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])
            u(id, final, provider, reason)
        WHERE d.id = u.id
    )",
            ids, finals, providers, reasons);
}

/// Deliveries that are retried; those with the same time and reason in one statement.
void postpone(db::Transaction& tx, const std::string& owner, const std::vector<Attempt>& attempts) {
    std::map<std::pair<std::int64_t, std::string>, std::vector<std::int64_t>> groups;
    for (const Attempt& attempt : attempts)
        if (attempt.decision.kind == RetryDecision::Kind::retry)
            groups[{attempt.decision.at_us, kept_reply(attempt.result.reply)}].push_back(
                attempt.delivery.id);
    for (const auto& [why, ids] : groups)
        claim::put_off(tx, delivery_table(), owner, ids,
                       claim::Instant{std::chrono::microseconds(why.first)}, why.second);
}

} // namespace

void store_lost(db::Transaction& tx, const std::string& channel, const std::string& owner,
                const std::vector<Attempt>& attempts) {
    if (!attempts.empty())
        record(tx, channel, owner, attempts, true);
}

void store_attempts(db::Transaction& tx, const std::string& channel, const std::string& owner,
                    const std::vector<Attempt>& attempts) {
    if (attempts.empty())
        return;
    record(tx, channel, owner, attempts, false);
    finish(tx, attempts);
    postpone(tx, owner, attempts);
}

void store_channel_state(db::Transaction& tx, const std::string& channel,
                         const ChannelState& state) {
    std::optional<db::Instant> open_until;
    if (state.open_until_us)
        open_until = db::Instant{*state.open_until_us};
    tx.exec(R"(
        INSERT INTO screening.channel_state (channel, failures, open_until, day, day_count)
        VALUES ($1, $2, $3::timestamptz, (now() AT TIME ZONE 'UTC')::date, $4)
        ON CONFLICT (channel) DO UPDATE
        SET failures = excluded.failures,
            open_until = excluded.open_until,
            day = excluded.day,
            day_count = excluded.day_count
    )",
            channel, state.failures, open_until, state.sent_today);
}

void store_alert_states(db::Transaction& tx, const std::vector<std::int64_t>& deliveries) {
    if (deliveries.empty())
        return;
    tx.exec(R"(
        WITH touched AS (
            SELECT DISTINCT a.id, a.payment_id
            FROM screening.delivery d
            JOIN screening.notification n ON n.id = d.notification_id
            CROSS JOIN LATERAL unnest(n.members) m(id)
            JOIN screening.alert a ON a.id = m.id
            WHERE d.id = ANY($1::bigint[]) AND a.payment_id IS NOT NULL
        ), seen AS (
            SELECT t.payment_id,
                bool_or(d.final = 'sent') AS sent,
                bool_or(d.final IN ('dead', 'cancelled')) AS dead,
                bool_or(d.final IS NULL) AS pending
            FROM touched t
            JOIN screening.notification n ON n.members @> ARRAY[t.id]
            JOIN screening.delivery d ON d.notification_id = n.id
            GROUP BY t.payment_id
        ), payments AS (
            SELECT s.payment_id
            FROM screening.standing s
            JOIN seen USING (payment_id)
            ORDER BY s.payment_id
            FOR NO KEY UPDATE OF s
        )
        UPDATE screening.standing s
        SET alert_state = CASE
            WHEN sent AND dead THEN 'partial'
            WHEN seen.pending THEN 'queued'
            WHEN sent THEN 'sent'
            ELSE 'dead'
        END
        FROM seen
        JOIN payments USING (payment_id)
        WHERE s.payment_id = seen.payment_id
    )",
            deliveries);
}

} // namespace harmonia::alert

#include "jobs/screen/store/store.hpp"

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/db/columns.hpp"
#include "jobs/screen/store/notify.hpp"

#include <algorithm>
#include <numeric>

namespace harmonia::screen {
namespace {

constexpr const char* k_create_chunk = R"(
    CREATE TEMP TABLE IF NOT EXISTS screen_chunk (
        payment_id bigint NOT NULL,
        state_version integer NOT NULL,
        verdict_id bigint NOT NULL,
        from_state harmonia.screen NOT NULL,
        to_state harmonia.screen NOT NULL,
        alerted boolean NOT NULL)
        ON COMMIT DELETE ROWS)";
enum class ChunkColumn { payment_id, state_version, verdict_id, from_state, to_state, alerted };
constexpr auto k_chunk_columns = db::columns<ChunkColumn>({
    {ChunkColumn::payment_id, "payment_id"},
    {ChunkColumn::state_version, "state_version"},
    {ChunkColumn::verdict_id, "verdict_id"},
    {ChunkColumn::from_state, "from_state"},
    {ChunkColumn::to_state, "to_state"},
    {ChunkColumn::alerted, "alerted"},
});

constexpr const char* k_delete_pending = R"(
    DELETE FROM screening.waiting w
     USING screen_chunk c
     WHERE w.payment_id = c.payment_id)";

constexpr const char* k_insert_standing = R"(
    INSERT INTO screening.standing
           (payment_id, ruleset, state_version, current_verdict, alert_state)
    SELECT payment_id, $1, state_version + 1, verdict_id,
           CASE WHEN alerted THEN 'queued' ELSE 'none' END
      FROM screen_chunk)";

/// Where an alert of the same verdict existed before (a payment that was purged and imported
/// again).
constexpr const char* k_without_alert = R"(
    UPDATE screening.standing s
       SET alert_state = 'none'
      FROM screen_chunk c
     WHERE c.alerted
       AND s.payment_id = c.payment_id
       AND NOT EXISTS (
           SELECT
             FROM screening.alert a
            WHERE a.payment_id = c.payment_id))";

constexpr const char* k_update_standing = R"(
    UPDATE screening.standing s
       SET current_verdict = c.verdict_id,
           stale = false,
           state_version = s.state_version + (c.to_state <> c.from_state)::int
      FROM screen_chunk c
     WHERE s.payment_id = c.payment_id AND s.state_version = c.state_version)";

/// An approved payment that match has admitted meanwhile is not taken back.
constexpr const char* k_update_payments = R"(
    UPDATE harmonia.payment_transaction p
       SET screen = c.to_state, updated_at = now()
      FROM screen_chunk c
     WHERE p.id = c.payment_id
       AND p.screen = c.from_state
       AND c.to_state <> c.from_state
       AND (p.screen <> 'APPROVED' OR p.admitted_at IS NULL))";

constexpr const char* k_log_states = R"(
    INSERT INTO screening.state_log
           (payment_id, state_version, from_state, to_state, actor, cause, verdict_id)
    SELECT payment_id, state_version + 1, from_state, to_state, 'screen', $1, verdict_id
      FROM screen_chunk
     WHERE to_state <> from_state)";

constexpr const char* k_close_reviews = R"(
    UPDATE screening.review_item r
       SET decision = 'rescreened', decided_by = 'screen', decided_at = now()
      FROM screen_chunk c
     WHERE r.payment_id = c.payment_id
       AND r.decided_at IS NULL
       AND c.from_state = 'REVIEW'
       AND c.to_state <> 'REVIEW')";

constexpr const char* k_open_reviews = R"(
    INSERT INTO screening.review_item (payment_id, verdict_id, queue, due_at)
    SELECT payment_id, verdict_id, $1, now() + $2::bigint * interval '1 millisecond'
      FROM screen_chunk
     WHERE to_state = 'REVIEW' AND from_state <> 'REVIEW'
     ORDER BY payment_id)";

enum class VerdictColumn {
    id,
    payment_id,
    run,
    ruleset,
    version,
    rev,
    is_shadow,
    outcome,
    score,
    decided_by,
    override_text,
    digest,
};
constexpr auto k_verdict_columns = db::columns<VerdictColumn>({
    {VerdictColumn::id, "id"},
    {VerdictColumn::payment_id, "payment_id"},
    {VerdictColumn::run, "run"},
    {VerdictColumn::ruleset, "ruleset"},
    {VerdictColumn::version, "version"},
    {VerdictColumn::rev, "rev"},
    {VerdictColumn::is_shadow, "is_shadow"},
    {VerdictColumn::outcome, "outcome"},
    {VerdictColumn::score, "score"},
    {VerdictColumn::decided_by, "decided_by"},
    {VerdictColumn::override_text, "override"},
    {VerdictColumn::digest, "digest"},
});

enum class HitColumn {
    verdict_id,
    position,
    rule_id,
    score,
    action,
    is_shadow,
    suppressed_by,
    reason,
    inputs,
};
constexpr auto k_hit_columns = db::columns<HitColumn>({
    {HitColumn::verdict_id, "verdict_id"},
    {HitColumn::position, "position"},
    {HitColumn::rule_id, "rule_id"},
    {HitColumn::score, "score"},
    {HitColumn::action, "action"},
    {HitColumn::is_shadow, "is_shadow"},
    {HitColumn::suppressed_by, "suppressed_by"},
    {HitColumn::reason, "reason"},
    {HitColumn::inputs, "inputs"},
});

State state_of(Outcome outcome) {
    switch (outcome) {
    case Outcome::approved:
        return State::approved;
    case Outcome::review:
        return State::review;
    default:
        HARMONIA_CHECK(outcome == Outcome::declined);
        return State::declined;
    }
}

int severity_of(State state) {
    return state == State::declined ? 2 : state == State::review ? 1 : 0;
}

std::string bytea(const Sha256Digest& digest) {
    return "\\x" + hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// Null in place of an empty text.
std::optional<std::string_view> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

void copy_verdicts(db::Transaction& tx, const Judging& by, const std::vector<Judgement>& judgements,
                   const std::vector<const Target*>& targets, std::int64_t first_id) {
    using Column = VerdictColumn;
    db::CopyIn copy(tx, "screening.verdict", k_verdict_columns.names());
    for (std::size_t i = 0; i < judgements.size(); ++i) {
        const Judgement& one = judgements[i];
        HARMONIA_CHECK(targets[i]->payment_id == one.payment_id);
        copy.field(Column::id, first_id + static_cast<std::int64_t>(i));
        copy.field(Column::payment_id, one.payment_id).field(Column::run, by.facts.pins.run);
        copy.field(Column::ruleset, by.facts.ruleset).field(Column::version, by.facts.version);
        copy.field(Column::rev, targets[i]->rev);
        copy.field(Column::is_shadow, by.facts.mode == RunMode::shadow);
        copy.field(Column::outcome, outcome_name(one.outcome)).field(Column::score, one.score);
        copy.field(Column::decided_by, one.decided_by);
        copy.field(Column::override_text, unless_empty(one.override_text));
        copy.field(Column::digest, bytea(one.digest));
        copy.end_row();
    }
    copy.finish();
}

void copy_hits(db::Transaction& tx, const Judging& by, const std::vector<Judgement>& judgements,
               std::int64_t first_id) {
    using Column = HitColumn;
    db::CopyIn copy(tx, "screening.verdict_hit", k_hit_columns.names());
    for (std::size_t i = 0; i < judgements.size(); ++i) {
        int position = 0;
        for (const Hit& hit : judgements[i].hits) {
            const Rule& rule = by.ruleset->rules[hit.rule];
            copy.field(Column::verdict_id, first_id + static_cast<std::int64_t>(i));
            copy.field(Column::position, position++).field(Column::rule_id, rule.id);
            copy.field(Column::score, hit.score).field(Column::action, action_name(rule.action));
            copy.field(Column::is_shadow, hit.shadow);
            copy.field(Column::suppressed_by, unless_empty(hit.suppressed_by));
            copy.field(Column::reason, hit.reason);
            copy.field(Column::inputs, hit.inputs.empty() ? "{}" : std::string_view(hit.inputs));
            copy.end_row();
        }
    }
    copy.finish();
}

void add_to_run(db::Transaction& tx, const Judging& by, const ChunkCounts& counts,
                std::int64_t last_event_us) {
    tx.exec(R"(
        UPDATE screening.screen_run
           SET rows = rows + $2,
               approved = approved + $3,
               review = review + $4,
               declined = declined + $5,
               last_event_us = greatest(last_event_us, $6)
         WHERE id = $1)",
            by.facts.pins.run, counts.rows, counts.approved, counts.review, counts.declined,
            last_event_us);
}

/// The first of k_chunk_rows ids.
std::int64_t take_ids(db::Transaction& tx) {
    return tx.exec("SELECT nextval('screening.verdict_id') AS id").only().integer("id");
}

} // namespace

ChunkCounts count_of(const std::vector<Judgement>& judgements) {
    ChunkCounts counts;
    for (const Judgement& one : judgements) {
        counts.approved += one.outcome == Outcome::approved ? 1 : 0;
        counts.review += one.outcome == Outcome::review ? 1 : 0;
        counts.declined += one.outcome == Outcome::declined ? 1 : 0;
        for (const Hit& hit : one.hits)
            counts.suppressed += hit.suppressed_by.empty() ? 0 : 1;
    }
    counts.rows = static_cast<std::int64_t>(judgements.size());
    return counts;
}

void ChunkCounts::add(const ChunkCounts& other) {
    rows += other.rows;
    approved += other.approved;
    review += other.review;
    declined += other.declined;
    moved += other.moved;
    alerts += other.alerts;
    suppressed += other.suppressed;
    late_evidence += other.late_evidence;
}

ChunkStore::ChunkStore(db::Connection& connection, const Judging& live, const Judging* shadow,
                       const History& history, PublishSettings settings)
    : connection_(connection), live_(live), shadow_(shadow), history_(history),
      settings_(settings) {}

State ChunkStore::next_state(const Target& target, const Judgement& judgement) const {
    const State verdict = state_of(judgement.outcome);
    if (live_.facts.mode == RunMode::live) {
        check_move(target.from, verdict, Mover::verdict);
        return verdict;
    }
    const State to = after_revision(target.from, verdict, target.handed_over);
    if (to != target.from)
        check_move(target.from, to, Mover::revision);
    return to;
}

const AlertRule* ChunkStore::alert_of(Outcome outcome) const {
    const auto& alerts = live_.ruleset->alerts;
    const auto found = std::find_if(alerts.begin(), alerts.end(),
                                    [&](const AlertRule& rule) { return rule.outcome == outcome; });
    return found == alerts.end() ? nullptr : &*found;
}

void ChunkStore::move(db::Transaction& tx, const Chunk& chunk, std::int64_t first_id,
                      ChunkCounts& counts) {
    {
        std::vector<std::size_t> order(chunk.judgements.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            return chunk.targets[a]->payment_id < chunk.targets[b]->payment_id;
        });
        db::CopyIn copy(tx, "screen_chunk", k_chunk_columns.names());
        for (const std::size_t i : order) {
            const Target& target = *chunk.targets[i];
            const State to = next_state(target, chunk.judgements[i]);
            counts.moved += to != target.from ? 1 : 0;
            copy.field(ChunkColumn::payment_id, target.payment_id);
            copy.field(ChunkColumn::state_version, target.state_version);
            copy.field(ChunkColumn::verdict_id, first_id + static_cast<std::int64_t>(i));
            copy.field(ChunkColumn::from_state, state_name(target.from));
            copy.field(ChunkColumn::to_state, state_name(to));
            copy.field(ChunkColumn::alerted,
                       to != target.from && alert_of(chunk.judgements[i].outcome) != nullptr);
            copy.end_row();
        }
        copy.finish();
    }
    const bool first = live_.facts.mode == RunMode::live;
    const bool whole =
        tx.exec(first ? k_delete_pending : k_update_standing).affected() ==
            chunk.judgements.size() &&
        tx.exec(k_update_payments).affected() == static_cast<std::size_t>(counts.moved);
    if (!whole)
        throw Error(Exit::try_again, "payments changed while they were judged",
                    "This chunk was not written; the next run judges it again.");
    if (first)
        tx.exec(k_insert_standing, live_.facts.ruleset);
    else
        tx.exec(k_close_reviews);
    tx.exec(k_log_states, first ? "verdict" : "late event");
    tx.exec(k_open_reviews, live_.facts.ruleset, settings_.review_due_ms);
}

void ChunkStore::notify(db::Transaction& tx, const Chunk& chunk, std::int64_t first_id,
                        ChunkCounts& counts) {
    std::vector<observe::AlertEvent> events;
    std::vector<TxnMessage> messages;
    VerdictOrigin origin;
    origin.run_id = live_.facts.run_id;
    origin.ruleset = live_.facts.ruleset;
    origin.digest = live_.facts.digest;
    origin.version = live_.facts.version;
    origin.run = live_.facts.pins.run;
    origin.cut_seq = live_.facts.pins.cut_seq;
    for (std::size_t i = 0; i < chunk.judgements.size(); ++i) {
        const Judgement& one = chunk.judgements[i];
        const Target& target = *chunk.targets[i];
        const State to = next_state(target, one);
        origin.verdict_id = first_id + static_cast<std::int64_t>(i);
        origin.rev = target.rev;
        if (const AlertRule* rule = alert_of(one.outcome); rule != nullptr && to != target.from)
            events.push_back(verdict_alert(*live_.ruleset, history_, one, origin, "fraud.verdict",
                                           rule->severity));
        if (target.handed_over && severity_of(state_of(one.outcome)) > severity_of(target.from)) {
            events.push_back(verdict_alert(*live_.ruleset, history_, one, origin,
                                           "fraud.late_evidence", "critical"));
            ++counts.late_evidence;
        }
        if (settings_.publish && to != target.from)
            messages.push_back({one.payment_id, std::string(history_.text(Field::source, one.row)),
                                std::string(history_.text(Field::feed_type, one.row)),
                                std::string(history_.external_id(one.row)), to, live_.facts.ruleset,
                                one.decided_by, live_.facts.version, target.rev, one.score});
    }
    if (!events.empty())
        counts.alerts =
            static_cast<std::int64_t>(observe::raise_alerts(tx, events, {settings_.alerts}));
    if (counts.alerts < static_cast<std::int64_t>(events.size()))
        tx.exec(k_without_alert);
    publish(tx, messages, settings_.legacy_reply);
    tx.exec("SELECT pg_notify('harmonia_verdict', '')");
}

ChunkCounts ChunkStore::write(const Chunk& chunk) {
    HARMONIA_CHECK(chunk.judgements.size() <= k_chunk_rows &&
                   chunk.judgements.size() == chunk.targets.size());
    ChunkCounts counts = count_of(chunk.judgements);
    std::int64_t last_event_us = 0;
    for (const Target* target : chunk.targets)
        last_event_us = std::max(last_event_us, target->event_us);
    db::Transaction tx(connection_);
    tx.script(k_create_chunk);
    // As in match: the rows of a chunk are found by their keys, whatever the planner assumes about
    // a temporary table.
    tx.script("SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off");
    const std::int64_t first_id = take_ids(tx);
    copy_verdicts(tx, live_, chunk.judgements, chunk.targets, first_id);
    copy_hits(tx, live_, chunk.judgements, first_id);
    move(tx, chunk, first_id, counts);
    notify(tx, chunk, first_id, counts);
    if (shadow_ && !chunk.shadow.empty()) {
        const std::int64_t shadow_id = take_ids(tx);
        copy_verdicts(tx, *shadow_, chunk.shadow, chunk.targets, shadow_id);
        copy_hits(tx, *shadow_, chunk.shadow, shadow_id);
        add_to_run(tx, *shadow_, count_of(chunk.shadow), last_event_us);
    }
    add_to_run(tx, live_, counts, last_event_us);
    tx.commit(Failpoint::screen_chunk_commit);
    return counts;
}

} // namespace harmonia::screen

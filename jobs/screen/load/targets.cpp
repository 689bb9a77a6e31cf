// Which payments a run judges: pending, stale, judged before, or of a period.
#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/db/copy_out.hpp"
#include "jobs/screen/load/sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace harmonia::screen {
namespace {

/// The columns of a target. Payments without a verdict have the first three, a replay's have all.
enum class TargetColumn {
    payment_id,
    event_us,
    close_seq,
    state_version,
    rev,
    state,
    handed_over,
    digest,
};

constexpr auto k_pending_columns = db::columns<TargetColumn>({
    {TargetColumn::payment_id, "w.payment_id"},
    {TargetColumn::event_us, "w.event_us"},
    {TargetColumn::close_seq, "coalesce(b.close_seq, 0)"},
});
constexpr auto k_stale_columns = db::columns<TargetColumn>({
    {TargetColumn::payment_id, "p.id"},
    {TargetColumn::event_us, "f.event_us"},
    {TargetColumn::close_seq, "coalesce(b.close_seq, 0)"},
    {TargetColumn::state_version, "s.state_version"},
    {TargetColumn::rev, "v.rev + 1"},
    {TargetColumn::state, "p.screen"},
    {TargetColumn::handed_over, "p.admitted_at IS NOT NULL"},
});
constexpr auto k_judged_columns = db::columns<TargetColumn>({
    {TargetColumn::payment_id, "f.payment_id"},
    {TargetColumn::event_us, "f.event_us"},
    {TargetColumn::close_seq, "coalesce(b.close_seq, 0)"},
    {TargetColumn::state_version, "s.state_version"},
    {TargetColumn::rev, "v.rev"},
    {TargetColumn::state, "coalesce(p.screen, 'APPROVED')"},
    {TargetColumn::handed_over, "p.id IS NULL OR p.admitted_at IS NOT NULL"},
    {TargetColumn::digest, "encode(v.digest, 'hex')"},
});
constexpr auto k_period_columns = db::columns<TargetColumn>({
    {TargetColumn::payment_id, "f.payment_id"},
    {TargetColumn::event_us, "f.event_us"},
    {TargetColumn::close_seq, "0"},
});

Sha256Digest digest_of(std::string_view hexadecimal) {
    const std::string bytes = unhex(hexadecimal);
    Sha256Digest out{};
    HARMONIA_CHECK(bytes.size() == out.size());
    std::memcpy(out.data(), bytes.data(), out.size());
    return out;
}

bool by_payment_id(const Target& a, const Target& b) {
    return a.payment_id < b.payment_id;
}

/// `digests`: the query returns them too, and rows by payment_id.
std::vector<Target> read_targets(const db::Settings& settings, const std::string& snapshot,
                                 const std::string& query,
                                 std::vector<Sha256Digest>* digests = nullptr) {
    std::vector<Target> out;
    db::CopyOut copy(settings, snapshot, query);
    for (auto fields = copy.next(); !fields.empty(); fields = copy.next()) {
        const db::CopyRow<TargetColumn> row(fields);
        Target& target = out.emplace_back();
        target.payment_id = row[TargetColumn::payment_id].integer();
        target.event_us = row[TargetColumn::event_us].integer();
        target.close_seq = row[TargetColumn::close_seq].integer();
        if (fields.size() > k_pending_columns.size()) {
            target.state_version =
                static_cast<std::int32_t>(row[TargetColumn::state_version].integer());
            target.rev = static_cast<std::int32_t>(row[TargetColumn::rev].integer());
            target.from = parse_state(row[TargetColumn::state].text);
            target.handed_over = row[TargetColumn::handed_over].boolean();
        }
        if (digests)
            digests->push_back(digest_of(row[TargetColumn::digest].text));
    }
    const bool sorted = std::is_sorted(out.begin(), out.end(), by_payment_id);
    HARMONIA_CHECK(sorted || !digests); // otherwise digests would belong to other payments
    if (!sorted)
        std::sort(out.begin(), out.end(), by_payment_id);
    return out;
}

} // namespace

std::vector<Target> load_pending(const db::Settings& settings, const std::string& snapshot,
                                 const Pins& pins, const std::string& ruleset, Limit limit) {
    constexpr const char* k_fact = R"(
          JOIN screening.fact f USING (payment_id))";
    constexpr const char* k_earliest = R"(
         ORDER BY f.event_us, f.source COLLATE "C", f.external_id COLLATE "C", f.feed_type)";
    return read_targets(settings, snapshot,
                        fmt::format(R"(
        SELECT {}
          FROM screening.waiting w{}
          LEFT JOIN ops.import_batch b ON b.id = w.batch_id
         WHERE w.ruleset = {}
           AND w.event_us <= {}
           AND {}{}
         LIMIT {})",
                                    k_pending_columns.list(), limit.earliest ? k_fact : "",
                                    db::quoted_literal(ruleset), pins.event_until_us,
                                    visible(pins, "w"), limit.earliest ? k_earliest : "",
                                    limit.rows));
}

std::vector<Target> load_stale(const db::Settings& settings, const std::string& snapshot,
                               const Pins& pins, const std::string& ruleset, std::int64_t limit) {
    return read_targets(settings, snapshot,
                        fmt::format(R"(
        SELECT {}
          FROM screening.standing s
          JOIN screening.fact f USING (payment_id)
          JOIN harmonia.payment_transaction p ON p.id = f.payment_id
          JOIN screening.verdict v ON v.id = s.current_verdict
          LEFT JOIN ops.import_batch b ON b.id = f.batch_id
         WHERE s.stale
           AND s.ruleset = {}
           AND v.run < {}
           AND {}
           AND p.screen IN ('APPROVED', 'REVIEW', 'DECLINED')
         LIMIT {})",
                                    k_stale_columns.list(), db::quoted_literal(ruleset), pins.run,
                                    visible(pins), limit));
}

std::vector<Target> load_judged(const db::Settings& settings, const std::string& snapshot,
                                std::int64_t run, std::vector<Sha256Digest>& digests) {
    return read_targets(settings, snapshot,
                        fmt::format(R"(
        SELECT {}
          FROM screening.verdict v
          JOIN screening.fact f ON f.payment_id = v.payment_id
          JOIN screening.standing s ON s.payment_id = v.payment_id
          LEFT JOIN harmonia.payment_transaction p ON p.id = f.payment_id
          LEFT JOIN ops.import_batch b ON b.id = f.batch_id
         WHERE v.run = {}
         ORDER BY f.payment_id)",
                                    k_judged_columns.list(), run),
                        &digests);
}

std::vector<Target> load_period(const db::Settings& settings, const std::string& snapshot,
                                const Pins& pins, const std::string& ruleset, std::int64_t from_us,
                                std::int64_t until_us) {
    return read_targets(settings, snapshot,
                        fmt::format(R"(
        SELECT {}
          FROM screening.fact f
         WHERE f.ruleset = {}
           AND f.event_us >= {}
           AND f.event_us < {}
           AND {})",
                                    k_period_columns.list(), db::quoted_literal(ruleset), from_us,
                                    until_us, visible(pins)));
}

std::optional<std::size_t> find_target(const std::vector<Target>& targets,
                                       std::int64_t payment_id) {
    const auto at =
        std::lower_bound(targets.begin(), targets.end(), payment_id,
                         [](const Target& one, std::int64_t id) { return one.payment_id < id; });
    if (at == targets.end() || at->payment_id != payment_id)
        return std::nullopt;
    return static_cast<std::size_t>(at - targets.begin());
}

std::vector<std::vector<Target>> slices_of(std::vector<Target> targets, std::uint64_t memory) {
    const std::size_t limit = targets_that_fit(memory);
    std::vector<std::vector<Target>> slices;
    if (targets.size() <= limit) {
        slices.push_back(std::move(targets));
        return slices;
    }
    std::sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
        return a.event_us < b.event_us; // so that each slice sees a short piece of history
    });
    for (std::size_t first = 0; first < targets.size(); first += limit) {
        const auto begin = targets.begin() + static_cast<std::ptrdiff_t>(first);
        const auto count = std::min(limit, targets.size() - first);
        auto& slice = slices.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
        std::sort(slice.begin(), slice.end(), by_payment_id);
    }
    return slices;
}

const char* engine_name(Engine engine) {
    return engine == Engine::probe ? "probe" : engine == Engine::sql ? "sql" : "scan";
}

} // namespace harmonia::screen

#include "core/base/check.hpp"
#include "core/base/hash.hpp"
#include "core/db/copy_out.hpp"
#include "jobs/screen/load_sql.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace harmonia::screen {
namespace {

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

/// Columns: payment_id, event_us, close_seq; of what was judged before also state_version, rev,
/// screen, admitted; with `digests`, which asks for rows by payment_id, also digest.
std::vector<Target> read_targets(const db::Settings& settings, const std::string& snapshot,
                                 const std::string& query,
                                 std::vector<Sha256Digest>* digests = nullptr) {
    constexpr std::size_t k_unjudged = 3;
    std::vector<Target> out;
    db::CopyOut copy(settings, snapshot, query);
    for (auto row = copy.next(); !row.empty(); row = copy.next()) {
        Target& one = out.emplace_back();
        one.payment_id = row[0].integer();
        one.event_us = row[1].integer();
        one.close_seq = row[2].integer();
        if (row.size() > k_unjudged) {
            one.state_version = static_cast<std::int32_t>(row[3].integer());
            one.rev = static_cast<std::int32_t>(row[4].integer());
            one.from = parse_state(row[5].text);
            one.handed_over = row[6].text == "t";
        }
        if (digests)
            digests->push_back(digest_of(row[7].text));
    }
    if (!std::is_sorted(out.begin(), out.end(), by_payment_id))
        std::sort(out.begin(), out.end(), by_payment_id);
    return out;
}

} // namespace

Pins pins_of_now(db::Transaction& tx, std::int64_t settle_us) {
    const auto row = tx.exec(R"(
        SELECT (SELECT coalesce(max(id), 0) + 1 FROM screening.screen_run),
               (SELECT revision FROM screening.list_revision),
               (SELECT coalesce(max(close_seq), 0) FROM ops.import_batch),
               (extract(epoch FROM now()) * 1000000)::bigint)");
    Pins pins{row.integer(0, 0), row.integer(0, 1), row.integer(0, 2), row.integer(0, 3),
              k_ever_us};
    if (settle_us > 0)
        pins.event_until_us = pins.label_asof_us - settle_us;
    return pins;
}

std::vector<Target> load_waiting(const db::Settings& settings, const std::string& snapshot,
                                 const Pins& pins, const std::string& ruleset, Most most) {
    std::string query =
        fmt::format("SELECT w.payment_id, w.event_us, coalesce(b.close_seq, 0) "
                    "FROM screening.waiting w {} LEFT JOIN ops.import_batch b ON b.id = w.batch_id "
                    "WHERE w.ruleset = {} AND w.event_us <= {} AND {} ",
                    most.earliest ? "JOIN screening.fact f USING (payment_id)" : "",
                    db::quoted_literal(ruleset), pins.event_until_us, visible(pins, "w"));
    if (most.earliest)
        query += "ORDER BY f.event_us, f.source COLLATE \"C\", f.external_id COLLATE \"C\", "
                 "f.feed_type ";
    query += fmt::format("LIMIT {}", most.rows);
    return read_targets(settings, snapshot, query);
}

std::vector<Target> load_stale(const db::Settings& settings, const std::string& snapshot,
                               const Pins& pins, const std::string& ruleset, std::int64_t most) {
    return read_targets(
        settings, snapshot,
        fmt::format(
            "SELECT p.id, f.event_us, coalesce(b.close_seq, 0), s.state_version, v.rev + 1, "
            "p.screen, p.admitted_at IS NOT NULL "
            "FROM screening.standing s JOIN screening.fact f USING (payment_id) "
            "JOIN harmonia.payment_transaction p ON p.id = f.payment_id "
            "JOIN screening.verdict v ON v.id = s.current_verdict "
            "LEFT JOIN ops.import_batch b ON b.id = f.batch_id "
            "WHERE s.stale AND s.ruleset = {} AND v.run < {} AND {} AND p.screen IN "
            "('APPROVED', 'REVIEW', 'DECLINED') LIMIT {}",
            db::quoted_literal(ruleset), pins.run, visible(pins), most));
}

std::vector<Target> load_judged(const db::Settings& settings, const std::string& snapshot,
                                std::int64_t run, std::vector<Sha256Digest>& digests) {
    return read_targets(
        settings, snapshot,
        fmt::format("SELECT f.payment_id, f.event_us, coalesce(b.close_seq, 0), s.state_version, "
                    "v.rev, coalesce(p.screen, 'APPROVED'), "
                    "p.id IS NULL OR p.admitted_at IS NOT NULL, encode(v.digest, 'hex') "
                    "FROM screening.verdict v JOIN screening.fact f ON f.payment_id = v.payment_id "
                    "JOIN screening.standing s ON s.payment_id = v.payment_id "
                    "LEFT JOIN harmonia.payment_transaction p ON p.id = f.payment_id "
                    "LEFT JOIN ops.import_batch b ON b.id = f.batch_id WHERE v.run = {} "
                    "ORDER BY f.payment_id",
                    run),
        &digests);
}

std::vector<Target> load_period(const db::Settings& settings, const std::string& snapshot,
                                const Pins& pins, const std::string& ruleset, std::int64_t from_us,
                                std::int64_t until_us) {
    return read_targets(
        settings, snapshot,
        fmt::format("SELECT f.payment_id, f.event_us, 0 "
                    "FROM screening.fact f WHERE f.ruleset = {} AND f.event_us >= {} AND "
                    "f.event_us < {} AND {}",
                    db::quoted_literal(ruleset), from_us, until_us, visible(pins)));
}

std::vector<std::vector<Target>> slices_of(std::vector<Target> targets, std::uint64_t memory) {
    const std::size_t most = targets_in(memory);
    std::vector<std::vector<Target>> slices;
    if (targets.size() <= most) {
        slices.push_back(std::move(targets));
        return slices;
    }
    std::sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
        return a.event_us < b.event_us; // so that each sees a short piece of history
    });
    for (std::size_t first = 0; first < targets.size(); first += most) {
        const auto begin = targets.begin() + static_cast<std::ptrdiff_t>(first);
        const auto count = std::min(most, targets.size() - first);
        auto& slice = slices.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(count));
        std::sort(slice.begin(), slice.end(), by_payment_id);
    }
    return slices;
}

const char* engine_name(Engine engine) {
    return engine == Engine::probe ? "probe" : engine == Engine::sql ? "sql" : "scan";
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

} // namespace harmonia::screen

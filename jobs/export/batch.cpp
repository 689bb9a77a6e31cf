#include "jobs/export/batch.hpp"

#include "core/base/log.hpp"

#include <fmt/format.h>

namespace harmonia::exporting {
namespace {

Expected<std::string> checked(const exporters::Target& target, const exporters::Row& row,
                              const Render& render, expr::Arena& arena) {
    if (auto complete = target.check(row); !complete)
        return tl::unexpected(complete.error());
    return render(row, arena);
}

} // namespace

void count(const std::vector<Attempt>& attempts, DeliveryCounts& counts) {
    for (const auto& attempt : attempts)
        switch (attempt.verdict.kind) {
        case Verdict::Kind::delivered:
            ++counts.delivered;
            break;
        case Verdict::Kind::put_off:
            ++counts.put_off;
            break;
        case Verdict::Kind::failed:
            ++counts.failed;
            break;
        }
}

Batch claim_batch(db::Transaction& tx, const exporters::Target& target, const std::string& owner,
                  std::chrono::milliseconds lease, int limit, const Render& render,
                  DeliveryCounts& counts) {
    Batch batch;
    const auto claimed = claim::claim_due(tx, pending_table(), target.name, owner, lease, limit);
    batch.claimed = claimed.size();
    if (claimed.empty())
        return batch;
    std::vector<std::int64_t> ids;
    for (const auto& row : claimed)
        ids.push_back(row.id);
    auto owed = load_owed(tx, ids);
    batch.source = owed.source;
    const Instant now{std::chrono::microseconds(db::server_clock(tx).us)};
    expr::Arena arena;
    std::vector<Attempt> not_ready;
    for (auto& delivery : owed.deliveries) {
        Attempt attempt{delivery.pending_id, delivery.export_id, delivery.attempt, {}, 0, {}, 0};
        arena.reset();
        if (const auto until = held_until(target, delivery.row, now)) {
            attempt.verdict = {Verdict::Kind::put_off, *until, "too young for its gate"};
            not_ready.push_back(std::move(attempt));
        } else if (auto bytes = checked(target, delivery.row, render, arena); !bytes) {
            const auto& problem = bytes.error();
            attempt.verdict = {
                Verdict::Kind::failed,
                {},
                fmt::format("{}: {}: {}", problem.code, problem.field, problem.detail)};
            log::warn("an export failed", {{"target", target.name},
                                           {"export_id", delivery.export_id},
                                           {"error", attempt.verdict.detail}});
            not_ready.push_back(std::move(attempt));
        } else {
            batch.ready.push_back({std::move(delivery), std::move(*bytes)});
        }
    }
    store_attempts(tx, target.name, owner, not_ready);
    count(not_ready, counts);
    return batch;
}

} // namespace harmonia::exporting

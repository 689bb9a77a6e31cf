#include "jobs/settle/accounts/decide_changes.hpp"
#include "jobs/settle/accounts/sql_text.hpp"
#include "jobs/settle/accounts/stage.hpp"

#include <algorithm>
#include <tuple>

namespace harmonia::settle::accounts {
namespace {

constexpr WaitingTable k_table{"pending_balance_change", "creditor_id", "change_id",
                               "change_id, other_creditor_id, principal_delta, committed_at, "
                               "coordinator_type, transfer_note_format, transfer_note"};

// Taking the pending row is what marks its registration as applied.
class BalanceChanges final : public Stage {
public:
    const char* name() const override { return "balance-changes"; }
    const WaitingTable& table() const override { return k_table; }
    Failpoint commit_point() const override { return Failpoint::settle_changes_commit; }

    void decide(const Scene& scene, Held& held) override {
        const db::Result& r = scene.rows;
        changes_.clear();
        for (const std::size_t row : held.rows)
            changes_.push_back({.account = held.key,
                                .other_creditor_id = r.integer(row, 3),
                                .change_id = r.integer(row, 2),
                                .coordinator_type = std::string(r.text(row, 6)),
                                .note = {std::string(r.text(row, 7)), std::string(r.text(row, 8))},
                                .committed_at_us = instant_from(r.text(row, 5)),
                                .principal_delta = r.integer(row, 4)});
        std::sort(changes_.begin(), changes_.end(), [](const auto& a, const auto& b) {
            return std::tuple(a.committed_at_us, a.change_id, a.other_creditor_id) <
                   std::tuple(b.committed_at_us, b.change_id, b.other_creditor_id);
        });
        apply_balance_changes(held.account, held.key, changes_, scene.around.terms, scene.now_us,
                              scene.effects);
        held.changed = true;
    }

private:
    std::vector<smp::PendingBalanceChange> changes_;
};

} // namespace

std::unique_ptr<Stage> make_balance_changes() {
    return std::make_unique<BalanceChanges>();
}

} // namespace harmonia::settle::accounts

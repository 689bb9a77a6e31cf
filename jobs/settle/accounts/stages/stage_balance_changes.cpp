// The stage `balance-changes`: pending changes are applied to their accounts.
#include "jobs/settle/accounts/procedures/decide_changes.hpp"
#include "jobs/settle/accounts/stages/stage.hpp"

#include <algorithm>
#include <tuple>

namespace harmonia::settle::accounts {
namespace {

// A registered change without a pending row is applied: taking the row is the mark.
class BalanceChanges final : public Stage {
public:
    const char* name() const override { return "balance-changes"; }
    const PendingTable& table() const override { return k_pending_changes; }
    Failpoint commit_point() const override { return Failpoint::settle_changes_commit; }

    void decide(const BatchContext& batch, LockedAccount& locked) override {
        changes_.clear();
        for (const std::size_t row : locked.rows)
            changes_.push_back(change_row(batch.rows.row(row)));
        std::sort(changes_.begin(), changes_.end(), [](const auto& a, const auto& b) {
            return std::tuple(a.committed_at_us, a.change_id, a.other_creditor_id) <
                   std::tuple(b.committed_at_us, b.change_id, b.other_creditor_id);
        });
        apply_balance_changes(locked.account, locked.key, changes_, batch.run.terms, batch.now_us,
                              batch.effects);
        locked.changed = true;
    }

private:
    std::vector<smp::PendingBalanceChange> changes_;
};

} // namespace

std::unique_ptr<Stage> make_balance_changes() {
    return std::make_unique<BalanceChanges>();
}

} // namespace harmonia::settle::accounts

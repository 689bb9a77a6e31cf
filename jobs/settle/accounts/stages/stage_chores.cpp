// The stage `chores`: small jobs that a scanner of the original requests, in the order they came.
#include "jobs/settle/accounts/procedures/decide_changes.hpp"
#include "jobs/settle/accounts/procedures/decide_configure.hpp"
#include "jobs/settle/accounts/stages/stage.hpp"

#include <algorithm>

namespace harmonia::settle::accounts {
namespace {

/// Performs one chore; returns whether the account changed.
struct Performer {
    const BatchContext& batch;
    Account& account;

    bool operator()(const smp::ChangeInterestRate& chore) const {
        return change_rate(account, chore.interest_rate, chore.ts_us, batch.run.terms, batch.now_us,
                           batch.effects);
    }
    bool operator()(const smp::UpdateDebtorInfo& chore) const {
        return update_debtor_info(account, chore.info, chore.ts_us, batch.run.terms, batch.now_us,
                                  batch.effects);
    }
    bool operator()(const smp::CapitalizeInterest&) const {
        return capitalize(account, batch.run.terms, batch.now_us, batch.effects);
    }
    bool operator()(const smp::TryToDeleteAccount&) const {
        return try_to_delete(account, batch.run.terms, batch.now_us, batch.effects) !=
               Deletion::absent;
    }
};

class Chores final : public Stage {
public:
    const char* name() const override { return "chores"; }
    const PendingTable& table() const override { return k_chore_requests; }
    Failpoint commit_point() const override { return Failpoint::settle_chores_commit; }
    Touched touched() const override { return Touched::all; }

    void decide(const BatchContext& batch, LockedAccount& locked) override {
        if (!locked.account)
            return;
        rows_.clear();
        for (const std::size_t row : locked.rows)
            rows_.push_back(chore_row(batch.rows.row(row)));
        std::sort(rows_.begin(), rows_.end(),
                  [](const ChoreRow& a, const ChoreRow& b) { return a.id < b.id; });
        for (const ChoreRow& row : rows_)
            if (std::visit(Performer{batch, *locked.account}, row.chore))
                locked.changed = true;
    }

private:
    std::vector<ChoreRow> rows_;
};

} // namespace

std::unique_ptr<Stage> make_chores() {
    return std::make_unique<Chores>();
}

} // namespace harmonia::settle::accounts

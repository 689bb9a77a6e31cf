// The stage `transfers`: requested transfers are prepared (their amount is locked) or rejected.
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "jobs/settle/accounts/stages/stage.hpp"

#include <algorithm>
#include <map>

namespace harmonia::settle::accounts {
namespace {

class Transfers final : public Stage {
public:
    const char* name() const override { return "transfers"; }
    const PendingTable& table() const override { return k_transfer_requests; }
    Failpoint commit_point() const override { return Failpoint::settle_transfers_commit; }
    Touched touched() const override { return Touched::locks; }

    std::size_t peek_ahead(const StageContext& run, std::vector<PendingRow>& rows) override {
        reach_.clear();
        for (const PendingRow& row : rows)
            if (row.recipient && !row.within_agent)
                reach_[{row.account.debtor_id, *row.recipient}] = Reach::unknown;
        std::vector<AccountKey> keys;
        for (const auto& [key, unused] : reach_)
            keys.push_back(key);
        const auto answers = run.reachability->recipients(keys);
        for (std::size_t i = 0; i < keys.size(); ++i)
            reach_[keys[i]] = answers.at(i);
        return std::erase_if(rows, [&](const PendingRow& row) {
            return row.recipient && !row.within_agent &&
                   reach_[{row.account.debtor_id, *row.recipient}] == Reach::unknown &&
                   row.age_us < run.reach_patience_us;
        });
    }

    void decide(const BatchContext& batch, LockedAccount& locked) override {
        rows_.clear();
        for (const std::size_t row : locked.rows)
            rows_.push_back(transfer_row(batch.rows.row(row)));
        std::sort(rows_.begin(), rows_.end(),
                  [](const TransferRow& a, const TransferRow& b) { return a.id < b.id; });
        requests_.clear();
        for (TransferRow& row : rows_)
            if (arrives(locked.key.debtor_id, row))
                requests_.push_back(std::move(row.request));
            else
                reject(locked.key, std::move(row.request.coordinator), batch);
        locked.changed = prepare(locked.account ? &*locked.account : nullptr, locked.key, requests_,
                                 batch.run.terms, batch.now_us, batch.effects);
    }

private:
    static void reject(const AccountKey& sender, Coordinator coordinator,
                       const BatchContext& batch) {
        smp::PrepareTransfer message;
        message.sender = sender;
        message.coordinator = std::move(coordinator);
        reject_unreachable(message, batch.now_us, batch.effects);
    }
    // As peek_ahead() found it before the accounts were locked, for the very rows then taken.
    [[nodiscard]] bool arrives(std::int64_t debtor, const TransferRow& row) const {
        if (!row.names_recipient)
            return false;
        if (row.request.coordinator.type == smp::k_agent)
            return true;
        const auto found = reach_.find({debtor, row.request.recipient_creditor_id});
        return found != reach_.end() && found->second == Reach::yes;
    }

    std::map<AccountKey, Reach> reach_;
    std::vector<TransferRow> rows_;
    std::vector<TransferRequest> requests_;
};

} // namespace

std::unique_ptr<Stage> make_transfers() {
    return std::make_unique<Transfers>();
}

} // namespace harmonia::settle::accounts

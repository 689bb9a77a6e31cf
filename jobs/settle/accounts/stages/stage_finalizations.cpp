// The stage `finalizations`: open transfers are committed or dismissed.
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "jobs/settle/accounts/stages/stage.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace harmonia::settle::accounts {
namespace {

auto order_of(const FinalizationRow& row) {
    return std::tuple(row.transfer_id, std::string_view(row.coordinator.type), row.coordinator.id,
                      row.coordinator.request_id);
}

class Finalizations final : public Stage {
public:
    const char* name() const override { return "finalizations"; }
    const PendingTable& table() const override { return k_finalization_requests; }
    Failpoint commit_point() const override { return Failpoint::settle_finalizations_commit; }

    void read(db::Transaction& tx, const BatchContext& batch) override {
        std::vector<TransferKey> named;
        for (const db::Row row : batch.rows)
            named.push_back({{row.integer("debtor_id"), row.integer("sender_creditor_id")},
                             row.integer("transfer_id")});
        open_.clear();
        for (OpenTransfer& transfer : open_transfers(tx, named)) {
            const TransferKey key(transfer.sender, transfer.transfer_id);
            open_.emplace(key, std::move(transfer));
        }
    }

    void decide(const BatchContext& batch, LockedAccount& locked) override {
        rows_.clear();
        for (const std::size_t row : locked.rows)
            rows_.push_back(finalization_row(batch.rows.row(row)));
        std::sort(rows_.begin(), rows_.end(),
                  [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
        requests_.clear();
        for (FinalizationRow& row : rows_)
            requests_.push_back(
                {matching(locked.key, row), row.committed_amount, std::move(row.note)});
        locked.changed = finalize(locked.account ? &*locked.account : nullptr, requests_,
                                  batch.now_us, batch.effects);
    }

private:
    [[nodiscard]] std::optional<OpenTransfer> matching(const AccountKey& sender,
                                                       const FinalizationRow& row) const {
        const auto found = open_.find({sender, row.transfer_id});
        if (found == open_.end() || found->second.coordinator != row.coordinator)
            return std::nullopt;
        return found->second;
    }

    std::map<TransferKey, OpenTransfer> open_;
    std::vector<FinalizationRow> rows_;
    std::vector<FinalizationRequest> requests_;
};

} // namespace

std::unique_ptr<Stage> make_finalizations() {
    return std::make_unique<Finalizations>();
}

} // namespace harmonia::settle::accounts

#include "jobs/settle/accounts/decide_transfers.hpp"
#include "jobs/settle/accounts/stage.hpp"

#include <algorithm>
#include <map>
#include <tuple>

namespace harmonia::settle::accounts {
namespace {

constexpr WaitingTable k_table{"finalization_request", "sender_creditor_id", "transfer_id",
                               "transfer_id, coordinator_type, coordinator_id, "
                               "coordinator_request_id, committed_amount, transfer_note_format, "
                               "transfer_note"};

class Finalizations final : public Stage {
public:
    const char* name() const override { return "finalizations"; }
    const WaitingTable& table() const override { return k_table; }
    Failpoint commit_point() const override { return Failpoint::settle_finalizations_commit; }

    void read(db::Transaction& tx, const Scene& scene) override {
        std::vector<std::pair<AccountKey, std::int64_t>> wanted;
        for (std::size_t row = 0; row < scene.rows.size(); ++row)
            wanted.push_back({{scene.rows.integer(row, 0), scene.rows.integer(row, 1)},
                              scene.rows.integer(row, 2)});
        open_.clear();
        for (PreparedTransfer& transfer : open_transfers(tx, wanted)) {
            const std::pair key(transfer.sender, transfer.transfer_id);
            open_.emplace(key, std::move(transfer));
        }
    }

    void decide(const Scene& scene, Held& held) override {
        const db::Result& r = scene.rows;
        std::sort(held.rows.begin(), held.rows.end(), [&](std::size_t a, std::size_t b) {
            return std::tuple(r.integer(a, 2), r.text(a, 3), r.integer(a, 4), r.integer(a, 5)) <
                   std::tuple(r.integer(b, 2), r.text(b, 3), r.integer(b, 4), r.integer(b, 5));
        });
        requests_.clear();
        for (const std::size_t row : held.rows)
            requests_.push_back({matching(held.key, r, row),
                                 r.integer(row, 6),
                                 {std::string(r.text(row, 7)), std::string(r.text(row, 8))}});
        held.changed = finalize(held.account ? &*held.account : nullptr, requests_, scene.now_us,
                                scene.effects);
    }

private:
    std::optional<PreparedTransfer> matching(const AccountKey& sender, const db::Result& r,
                                             std::size_t row) const {
        const auto found = open_.find({sender, r.integer(row, 2)});
        if (found == open_.end())
            return std::nullopt;
        const Coordinator& c = found->second.coordinator;
        const bool fits = c.type == r.text(row, 3) && c.id == r.integer(row, 4) &&
                          c.request_id == r.integer(row, 5);
        return fits ? std::optional(found->second) : std::nullopt;
    }

    std::map<std::pair<AccountKey, std::int64_t>, PreparedTransfer> open_;
    std::vector<FinalizationRequest> requests_;
};

} // namespace

std::unique_ptr<Stage> make_finalizations() {
    return std::make_unique<Finalizations>();
}

} // namespace harmonia::settle::accounts

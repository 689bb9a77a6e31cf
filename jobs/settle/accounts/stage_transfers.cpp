#include "jobs/settle/accounts/decide_transfers.hpp"
#include "jobs/settle/accounts/sql_text.hpp"
#include "jobs/settle/accounts/stage.hpp"

#include <algorithm>
#include <map>

namespace harmonia::settle::accounts {
namespace {

constexpr WaitingTable k_table{"transfer_request", "sender_creditor_id", "transfer_request_id",
                               "transfer_request_id, coordinator_type, coordinator_id, "
                               "coordinator_request_id, min_locked_amount, max_locked_amount, "
                               "deadline, final_interest_rate_ts, recipient_creditor_id",
                               true};

class Transfers final : public Stage {
public:
    const char* name() const override { return "transfers"; }
    const WaitingTable& table() const override { return k_table; }
    Failpoint commit_point() const override { return Failpoint::settle_transfers_commit; }
    Touched touched() const override { return Touched::locks; }

    std::size_t look_ahead(const Surroundings& around, std::vector<Waiting>& rows) override {
        reach_.clear();
        for (const Waiting& row : rows)
            if (row.recipient && !row.within_agent)
                reach_[{row.account.debtor_id, *row.recipient}] = Reach::unknown;
        std::vector<AccountKey> keys;
        for (const auto& [key, unused] : reach_)
            keys.push_back(key);
        const auto answers = around.reachability->recipients(keys);
        for (std::size_t i = 0; i < keys.size(); ++i)
            reach_[keys[i]] = answers.at(i);
        return std::erase_if(rows, [&](const Waiting& row) {
            return row.recipient && !row.within_agent &&
                   reach_[{row.account.debtor_id, *row.recipient}] == Reach::unknown &&
                   row.waited_us < around.reach_patience_us;
        });
    }

    void decide(const Scene& scene, Held& held) override {
        std::sort(held.rows.begin(), held.rows.end(), [&](std::size_t a, std::size_t b) {
            return scene.rows.integer(a, 2) < scene.rows.integer(b, 2);
        });
        requests_.clear();
        for (const std::size_t row : held.rows)
            read_request(scene, held.key, row);
        held.changed = prepare(held.account ? &*held.account : nullptr, held.key, requests_,
                               scene.around.terms, scene.now_us, scene.effects);
    }

private:
    void read_request(const Scene& scene, const AccountKey& sender, std::size_t row) {
        const db::Result& r = scene.rows;
        Coordinator coordinator{std::string(r.text(row, 3)), r.integer(row, 4), r.integer(row, 5)};
        if (!arrives(sender.debtor_id, r, row)) {
            smp::PrepareTransfer message;
            message.sender = sender;
            message.coordinator = std::move(coordinator);
            reject_unreachable(message, scene.now_us, scene.effects);
            return;
        }
        requests_.push_back({std::move(coordinator), r.integer(row, 6), r.integer(row, 7),
                             instant_from(r.text(row, 8)), instant_from(r.text(row, 9)),
                             r.integer(row, 10)});
    }
    // Found out before the accounts were locked, for the very rows that were then taken.
    bool arrives(std::int64_t debtor, const db::Result& r, std::size_t row) const {
        if (r.is_null(row, 10))
            return false;
        if (r.text(row, 3) == smp::k_agent)
            return true;
        const auto found = reach_.find({debtor, r.integer(row, 10)});
        return found != reach_.end() && found->second == Reach::yes;
    }

    std::map<AccountKey, Reach> reach_;
    std::vector<TransferRequest> requests_;
};

} // namespace

std::unique_ptr<Stage> make_transfers() {
    return std::make_unique<Transfers>();
}

} // namespace harmonia::settle::accounts

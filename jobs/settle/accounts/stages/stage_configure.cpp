// The stage `configure`: accounts are created and configured; new ones follow their debtor's root.
#include "core/smp/root_config.hpp"
#include "jobs/settle/accounts/procedures/decide_configure.hpp"
#include "jobs/settle/accounts/stages/stage.hpp"

#include <algorithm>
#include <map>

namespace harmonia::settle::accounts {
namespace {

class Configure final : public Stage {
public:
    const char* name() const override { return "configure"; }
    const PendingTable& table() const override { return k_configure_requests; }
    Failpoint commit_point() const override { return Failpoint::settle_configure_commit; }
    Touched touched() const override { return Touched::all; }

    std::size_t peek_ahead(const StageContext& run, std::vector<PendingRow>& rows) override {
        std::vector<std::int64_t> debtors;
        for (const PendingRow& row : rows)
            if (row.account.creditor_id != smp::k_root_creditor &&
                (debtors.empty() || debtors.back() != row.account.debtor_id))
                debtors.push_back(row.account.debtor_id);
        const auto answers = run.reachability->root_configs(debtors);
        roots_.clear();
        for (std::size_t i = 0; i < debtors.size(); ++i)
            if (answers.at(i).found == Reach::yes)
                roots_[debtors[i]] = answers[i].config;
        fresh_.clear();
        return 0;
    }

    void decide(const BatchContext& batch, LockedAccount& locked) override {
        rows_.clear();
        for (const std::size_t row : locked.rows)
            rows_.push_back(configure_row(batch.rows.row(row)));
        // Equal times: in the order they came; the later sequence number wins anyway.
        std::sort(rows_.begin(), rows_.end(), [](const ConfigureRow& a, const ConfigureRow& b) {
            return std::pair(a.message.ts_us, a.id) < std::pair(b.message.ts_us, b.id);
        });
        for (const ConfigureRow& row : rows_) {
            const Configured outcome = configure(locked.account, row.message, batch.run.terms,
                                                 batch.now_us, batch.effects);
            if (outcome != Configured::ignored && outcome != Configured::rejected)
                locked.changed = true;
            if (outcome == Configured::created || outcome == Configured::resurrected)
                fresh_.push_back(locked.key);
        }
    }

    // New accounts follow their debtor's root, which may have been configured in this very batch.
    void conclude(const BatchContext& batch, std::span<LockedAccount> all) override {
        for (const LockedAccount& locked : all)
            if (locked.account && locked.account->is_root() && locked.changed)
                if (const auto config = smp::parse_root_config(locked.account->config_data))
                    roots_[locked.key.debtor_id] = *config;
        for (LockedAccount& locked : all) {
            if (locked.key.creditor_id == smp::k_root_creditor || !locked.account ||
                !std::binary_search(fresh_.begin(), fresh_.end(), locked.key))
                continue;
            if (const auto root = roots_.find(locked.key.debtor_id); root != roots_.end())
                follow_root(*locked.account, root->second, batch.run.terms, batch.now_us,
                            batch.effects);
        }
    }

private:
    std::map<std::int64_t, smp::RootConfig> roots_;
    std::vector<AccountKey> fresh_; ///< created or resurrected, in key order like the decisions
    std::vector<ConfigureRow> rows_;
};

} // namespace

std::unique_ptr<Stage> make_configure() {
    return std::make_unique<Configure>();
}

} // namespace harmonia::settle::accounts

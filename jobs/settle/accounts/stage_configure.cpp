#include "core/smp/root_config.hpp"
#include "jobs/settle/accounts/decide_configure.hpp"
#include "jobs/settle/accounts/sql_text.hpp"
#include "jobs/settle/accounts/stage.hpp"

#include <algorithm>
#include <map>

namespace harmonia::settle::accounts {
namespace {

constexpr WaitingTable k_table{"configure_request", "creditor_id", "request_id",
                               "request_id, ts, seqnum, config_flags, negligible_amount, "
                               "config_data"};

class Configure final : public Stage {
public:
    const char* name() const override { return "configure"; }
    const WaitingTable& table() const override { return k_table; }
    Failpoint commit_point() const override { return Failpoint::settle_configure_commit; }
    Touched touched() const override { return Touched::all; }

    std::size_t look_ahead(const Surroundings& around, std::vector<Waiting>& rows) override {
        std::vector<std::int64_t> debtors;
        for (const Waiting& row : rows)
            if (row.account.creditor_id != smp::k_root_creditor &&
                (debtors.empty() || debtors.back() != row.account.debtor_id))
                debtors.push_back(row.account.debtor_id);
        const auto answers = around.reachability->root_configs(debtors);
        roots_.clear();
        for (std::size_t i = 0; i < debtors.size(); ++i)
            if (answers.at(i).found == Reach::yes)
                roots_[debtors[i]] = answers[i].config;
        fresh_.clear();
        return 0;
    }

    void decide(const Scene& scene, Held& held) override {
        const db::Result& r = scene.rows;
        messages_.clear();
        for (const std::size_t row : held.rows)
            messages_.push_back(
                {r.integer(row, 2),
                 {held.key, instant_from(r.text(row, 3)),
                  static_cast<std::int32_t>(r.integer(row, 4)), single_from(r.text(row, 6)),
                  static_cast<std::int32_t>(r.integer(row, 5)), std::string(r.text(row, 7))}});
        // Equal times: in the order they came; the later sequence number wins anyway.
        std::sort(messages_.begin(), messages_.end(), [](const auto& a, const auto& b) {
            return std::pair(a.second.ts_us, a.first) < std::pair(b.second.ts_us, b.first);
        });
        for (const auto& [number, message] : messages_) {
            const Configured what =
                configure(held.account, message, scene.around.terms, scene.now_us, scene.effects);
            held.changed =
                held.changed || (what != Configured::ignored && what != Configured::rejected);
            if (what == Configured::created || what == Configured::resurrected)
                fresh_.push_back(held.key);
        }
    }

    // New accounts follow their debtor's root, which may have been configured in this very batch.
    void conclude(const Scene& scene, std::span<Held> all) override {
        for (const Held& held : all)
            if (held.account && held.account->is_root() && held.changed)
                if (const auto config = smp::parse_root_config(held.account->config_data))
                    roots_[held.key.debtor_id] = *config;
        for (Held& held : all) {
            if (held.key.creditor_id == smp::k_root_creditor || !held.account ||
                !std::binary_search(fresh_.begin(), fresh_.end(), held.key))
                continue;
            if (const auto root = roots_.find(held.key.debtor_id); root != roots_.end())
                follow_root(*held.account, root->second, scene.around.terms, scene.now_us,
                            scene.effects);
        }
    }

private:
    std::map<std::int64_t, smp::RootConfig> roots_;
    std::vector<AccountKey> fresh_; ///< in key order, as accounts are decided
    std::vector<std::pair<std::int64_t, smp::ConfigureAccount>> messages_;
};

} // namespace

std::unique_ptr<Stage> make_configure() {
    return std::make_unique<Configure>();
}

} // namespace harmonia::settle::accounts

#include "jobs/settle/accounts/fetch/local_reach.hpp"

#include "core/base/log.hpp"
#include "core/smp/root_config.hpp"
#include "jobs/settle/accounts/store/load.hpp"

namespace harmonia::settle::accounts {
namespace {

/// Keys of one owner, with their positions in the question.
template <typename Key>
struct Asked {
    std::vector<Key> keys;
    std::vector<std::size_t> positions;

    void add(const Key& key, std::size_t position) {
        keys.push_back(key);
        positions.push_back(position);
    }
};

} // namespace

std::vector<Reach> LocalReach::recipients(std::span<const smp::AccountKey> accounts) {
    std::vector<Reach> answers(accounts.size(), Reach::unknown);
    Asked<smp::AccountKey> here, there;
    for (std::size_t i = 0; i < accounts.size(); ++i)
        if (accounts[i].creditor_id == smp::k_root_creditor)
            answers[i] = Reach::yes;
        else
            (realm_.owns(accounts[i]) ? here : there).add(accounts[i], i);
    if (!here.keys.empty()) {
        db::Transaction tx(connection_);
        const auto reachable = load_reachable(tx, here.keys);
        tx.rollback();
        for (const std::size_t position : here.positions)
            answers[position] = Reach::no;
        for (const std::size_t index : reachable)
            answers[here.positions.at(index)] = Reach::yes;
    }
    if (!there.keys.empty() && remote_ != nullptr) {
        const auto found = remote_->recipients(there.keys);
        for (std::size_t i = 0; i < there.positions.size(); ++i)
            answers[there.positions[i]] = found.at(i);
    }
    return answers;
}

std::vector<RootLookup> LocalReach::root_configs(std::span<const std::int64_t> debtors) {
    std::vector<RootLookup> answers(debtors.size());
    Asked<std::int64_t> here, there;
    for (std::size_t i = 0; i < debtors.size(); ++i)
        (realm_.owns({debtors[i], smp::k_root_creditor}) ? here : there).add(debtors[i], i);
    if (!here.keys.empty()) {
        db::Transaction tx(connection_);
        const auto roots = load_root_configs(tx, here.keys);
        tx.rollback();
        for (const std::size_t position : here.positions)
            answers[position].found = Reach::no;
        for (const auto& [index, config_data] : roots) {
            const auto config = smp::parse_root_config(config_data);
            if (config)
                answers[here.positions.at(index)] = {Reach::yes, *config};
            else
                log::error("invalid configuration of a root account",
                           {{"debtor", here.keys.at(index)}, {"reason", config.error().code}});
        }
    }
    if (!there.keys.empty() && remote_ != nullptr) {
        const auto found = remote_->root_configs(there.keys);
        for (std::size_t i = 0; i < there.positions.size(); ++i)
            answers[there.positions[i]] = found.at(i);
    }
    return answers;
}

} // namespace harmonia::settle::accounts

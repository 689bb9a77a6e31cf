#include "jobs/settle/accounts/fetch_cache.hpp"

namespace harmonia::settle::accounts {

const FetchCache::Entry* FetchCache::find(std::int64_t debtor, std::int64_t now_us) const {
    const auto found = entries_.find(debtor);
    if (found == entries_.end() || now_us - found->second.inserted_us >= k_age_us)
        return nullptr;
    return &found->second;
}

void FetchCache::insert(std::int64_t debtor, std::optional<smp::RootConfig> config,
                        std::int64_t now_us) {
    if (const auto old = entries_.find(debtor); old != entries_.end())
        turns_.erase(old->second.turn);
    entries_[debtor] = {std::move(config), now_us, next_turn_};
    turns_[next_turn_++] = debtor;
    if (entries_.size() > entries_max_) {
        entries_.erase(turns_.begin()->second);
        turns_.erase(turns_.begin());
    }
}

} // namespace harmonia::settle::accounts

#include "jobs/settle/accounts/fetch/cache.hpp"

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
        by_order_.erase(old->second.order);
    entries_[debtor] = {std::move(config), now_us, next_order_};
    by_order_[next_order_++] = debtor;
    if (entries_.size() > entries_max_) {
        entries_.erase(by_order_.begin()->second);
        by_order_.erase(by_order_.begin());
    }
}

} // namespace harmonia::settle::accounts

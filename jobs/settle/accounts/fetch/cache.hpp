// Fetched root configurations, kept for a while. Errors are not kept: the question is asked again.
#pragma once

#include "core/smp/root_config.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

namespace harmonia::settle::accounts {

/// One thread at a time.
class FetchCache {
public:
    /// Entries older than this are not returned.
    static constexpr std::int64_t k_age_us = 7'200'000'000;

    explicit FetchCache(std::size_t entries_max) : entries_max_(entries_max) {}

    struct Entry {
        std::optional<smp::RootConfig> config; ///< empty: the debtor has no root account
        std::int64_t inserted_us = 0;
        std::uint64_t order = 0; ///< key in by_order_
    };
    /// Null for a missing entry and for one that is too old.
    [[nodiscard]] const Entry* find(std::int64_t debtor, std::int64_t now_us) const;
    /// A full cache drops the entry that was inserted first.
    void insert(std::int64_t debtor, std::optional<smp::RootConfig> config, std::int64_t now_us);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    std::size_t entries_max_;
    std::unordered_map<std::int64_t, Entry> entries_;
    std::map<std::uint64_t, std::int64_t> by_order_; ///< debtors in order of insertion
    std::uint64_t next_order_ = 0;
};

} // namespace harmonia::settle::accounts

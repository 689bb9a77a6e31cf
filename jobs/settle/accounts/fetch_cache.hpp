// Root configurations that were fetched, for a while. Not the errors: those are asked again.
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
    /// Entries are good for so long.
    static constexpr std::int64_t k_age_us = 7'200'000'000;

    explicit FetchCache(std::size_t entries_max) : entries_max_(entries_max) {}

    struct Entry {
        std::optional<smp::RootConfig> config; ///< empty: the debtor has no root account
        std::int64_t inserted_us = 0;
        std::uint64_t turn = 0; ///< key in turns_
    };
    /// Null when there is none, or only one that is too old.
    [[nodiscard]] const Entry* find(std::int64_t debtor, std::int64_t now_us) const;
    /// Where it is full, what was inserted first goes.
    void insert(std::int64_t debtor, std::optional<smp::RootConfig> config, std::int64_t now_us);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    std::size_t entries_max_;
    std::unordered_map<std::int64_t, Entry> entries_;
    std::map<std::uint64_t, std::int64_t> turns_; ///< debtors in the order they were inserted
    std::uint64_t next_turn_ = 0;
};

} // namespace harmonia::settle::accounts

// Looks up the merchant rows that a payment of the group may match, by the declaration's look-up
// field.
#pragma once

#include "jobs/match/declare.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::match {

/// Over one group whose merchant rows are sorted by date: ascending places mean ascending dates.
/// One thread.
class CandidateIndex {
public:
    void build(const Group& group, LookUp look_up);
    /// Places of all rows that share the look-up field with `payment`; valid until the next call.
    [[nodiscard]] std::span<const std::uint32_t> of(const Payment& payment);
    /// Those of `places` inside the range.
    [[nodiscard]] std::span<const std::uint32_t> inside(std::span<const std::uint32_t> places,
                                                        const DateRange& range) const;
    /// Whether one of `places`, which of() returned last, is fresh.
    [[nodiscard]] bool any_fresh(std::span<const std::uint32_t> places) const;

private:
    template <typename Key>
    [[nodiscard]] std::span<const std::uint32_t>
    slice(const std::vector<std::pair<Key, std::uint32_t>>& entries, const Key& key) const;
    void add_places(std::uint32_t place);

    const Group* group_ = nullptr;
    LookUp look_up_ = LookUp::none;
    std::vector<std::pair<std::string_view, std::uint32_t>> by_mid_;
    std::vector<std::pair<std::int64_t, std::uint32_t>> by_id_;
    std::vector<std::uint32_t> places_;       ///< second members of the entries above, or all
    std::vector<std::uint32_t> fresh_before_; ///< fresh rows among the first n of places_
    std::vector<std::uint32_t> merged_;       ///< of a payment with several identifiers
};

} // namespace harmonia::match

#include "jobs/match/candidates.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

template <typename Entries>
void sort_unique(Entries& entries) {
    std::sort(entries.begin(), entries.end());
    entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
}

} // namespace

void CandidateIndex::add_places(std::uint32_t place) {
    places_.push_back(place);
    fresh_before_.push_back(fresh_before_.back() + (group_->schemes[place].fresh ? 1U : 0U));
}

void CandidateIndex::build(const Group& group, LookUp look_up) {
    group_ = &group;
    look_up_ = look_up;
    by_mid_.clear();
    by_id_.clear();
    places_.clear();
    fresh_before_.assign(1, 0);
    for (std::uint32_t place = 0; place < group.schemes.size(); ++place) {
        const SchemeRow& row = group.schemes[place];
        if (look_up == LookUp::mid)
            for (const std::string_view mid : row.mids)
                by_mid_.emplace_back(mid, place);
        else if (look_up == LookUp::merchant_identifier)
            for (const std::int64_t id : row.identifier_ids)
                by_id_.emplace_back(id, place);
        else
            add_places(place);
    }
    sort_unique(by_mid_);
    sort_unique(by_id_);
    for (const auto& [mid, place] : by_mid_)
        add_places(place);
    for (const auto& [id, place] : by_id_)
        add_places(place);
}

template <typename Key>
std::span<const std::uint32_t>
CandidateIndex::slice(const std::vector<std::pair<Key, std::uint32_t>>& entries,
                      const Key& key) const {
    const auto less = [](const auto& a, const auto& b) { return a.first < b.first; };
    const auto [from, to] = std::equal_range(entries.begin(), entries.end(),
                                             std::pair<Key, std::uint32_t>(key, 0), less);
    return std::span(places_).subspan(static_cast<std::size_t>(from - entries.begin()),
                                      static_cast<std::size_t>(to - from));
}

std::span<const std::uint32_t> CandidateIndex::of(const Payment& payment) {
    if (look_up_ == LookUp::mid)
        return slice(by_mid_, payment.mid);
    if (look_up_ == LookUp::none)
        return places_;
    if (payment.identifier_ids.size() == 1)
        return slice(by_id_, payment.identifier_ids.front());
    merged_.clear();
    for (const std::int64_t id : payment.identifier_ids) {
        const auto found = slice(by_id_, id);
        merged_.insert(merged_.end(), found.begin(), found.end());
    }
    sort_unique(merged_);
    return merged_;
}

std::span<const std::uint32_t> CandidateIndex::inside(std::span<const std::uint32_t> places,
                                                      const DateRange& range) const {
    const auto date = [&](std::uint32_t place) { return group_->schemes[place].date_us; };
    const auto from = std::partition_point(
        places.begin(), places.end(), [&](std::uint32_t p) { return date(p) < range.from_us; });
    const auto to = std::partition_point(from, places.end(),
                                         [&](std::uint32_t p) { return date(p) <= range.to_us; });
    return {from, to};
}

bool CandidateIndex::any_fresh(std::span<const std::uint32_t> places) const {
    if (places.empty())
        return false;
    if (places.data() == merged_.data())
        return std::any_of(places.begin(), places.end(),
                           [&](std::uint32_t p) { return group_->schemes[p].fresh; });
    const auto first = static_cast<std::size_t>(places.data() - places_.data());
    return fresh_before_[first + places.size()] > fresh_before_[first];
}

} // namespace harmonia::match

#include "importers/sink/occurrence_counter.hpp"

#include "core/base/error.hpp"

#include <algorithm>
#include <cstring>

namespace harmonia::importers {
namespace {

// A 64-bit mix (multiply, fold) over eight bytes at a time. Ids are digests or a feed's texts;
// nobody gains from a collision, which only raises a number.
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t k_odd = 0x9E3779B97F4A7C15U;
    std::uint64_t hash = k_odd ^ text.size();
    for (std::size_t at = 0; at < text.size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, std::min<std::size_t>(8, text.size() - at));
        hash = mix(hash ^ word, k_odd) + at;
    }
    return mix(hash, 0xD6E8FEB86659FD93U);
}

} // namespace

// Whether it was marked before.
bool OccurrenceCounter::mark(std::uint64_t position) {
    std::uint64_t& word = filter_[(position >> 6U) % filter_.size()];
    const std::uint64_t bit = std::uint64_t{1} << (position & 63U);
    const bool before = (word & bit) != 0;
    word |= bit;
    return before;
}

void OccurrenceCounter::start_counting() {
    mode_ = Mode::count;
    for (auto& [hash, count] : counts_)
        count = 0;
}

std::uint32_t OccurrenceCounter::occurrence(std::string_view content_id) {
    if (mode_ == Mode::messages)
        return number_;
    const std::uint64_t hash = hash_of(content_id);
    const std::uint64_t second = mix(hash, 0xA24BAED4963EE407U);
    if (mode_ == Mode::survey) {
        if (filter_.empty())
            filter_.resize(k_filter_bytes / sizeof filter_[0]);
        const bool first_hit = mark(hash), second_hit = mark(second);
        if (first_hit && second_hit && counts_.try_emplace(hash, 0).second &&
            counts_.size() > k_repeated_max)
            throw Error(Exit::data, "too many different records occur more than once",
                        "Split the file: one file may repeat at most a million different records.");
        return 1;
    }
    const auto found = counts_.find(hash);
    return found == counts_.end() ? 1 : ++found->second;
}

} // namespace harmonia::importers

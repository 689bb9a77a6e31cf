// Numbers equal records that have no id of their own. Each is a purchase of its own, so the k-th
// one of a file gets the number k; the same file read again gives the same numbers.
//
// Memory is bounded. The survey puts each content id into a Bloom filter (two bits an id); an id
// that was there before is noted, and only noted ids are counted in the second pass. A false
// positive costs some forty bytes, never a wrong number. More than k_repeated_max different
// repeated ids refuse the file (Error(data)), while it is still being surveyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace harmonia::importers {

/// Five million ids fill 4 % of it: one false positive in six hundred.
inline constexpr std::size_t k_filter_bytes = std::size_t{32} << 20;
/// About 40 MiB of counters, so that an import stays below 256 MiB.
inline constexpr std::size_t k_repeated_max = 1'000'000;

/// One thread, one object a file. Mode::messages is for queues, where an equal body is a
/// redelivery.
class OccurrenceCounter {
public:
    enum class Mode { survey, count, messages };
    explicit OccurrenceCounter(Mode mode) : mode_(mode) {}
    /// For one record whose number is known.
    explicit OccurrenceCounter(std::uint32_t number) : mode_(Mode::messages), number_(number) {}
    /// The number of this occurrence, from 1. In the survey and for messages always the same.
    [[nodiscard]] std::uint32_t occurrence(std::string_view content_id);
    /// Ends the survey, or starts counting from the beginning of the file again.
    void start_counting();
    /// Whether the survey saw an id more than once.
    [[nodiscard]] bool any() const { return !counts_.empty(); }

private:
    [[nodiscard]] bool mark(std::uint64_t position);
    Mode mode_;
    std::uint32_t number_ = 1;
    std::vector<std::uint64_t> filter_; ///< allocated with the first id
    std::unordered_map<std::uint64_t, std::uint32_t> counts_;
};

} // namespace harmonia::importers

// Twins: records without an id of their own whose content is equal. Each is a purchase of its own,
// so the k-th one of a file gets the number k; the same file read again gives the same numbers.
//
// Memory is flat. The first pass marks each content id in a filter of two-bit counters (two
// positions an id, counting to 2); the second counts exactly only ids whose counters both say "more
// than once". A false alarm costs a little memory, never a wrong number. Files with very many
// repeated ids would grow the exact table: above k_twins_max it refuses with Error(data).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace harmonia::importers {

inline constexpr std::size_t k_twin_filter_bytes = std::size_t{64} << 20; ///< 256 M counters
inline constexpr std::size_t k_twins_max = 1'000'000; ///< distinct repeated ids; about 64 MiB

/// One thread. One object a file; `messages` for queues, where an equal body is a redelivery:
/// always 1.
class Twins {
public:
    enum class Mode { survey, count, messages };
    explicit Twins(Mode mode) : mode_(mode) {}
    /// Which twin this is, from 1. In the survey always 1.
    [[nodiscard]] std::uint32_t occurrence(std::string_view content_id);
    /// Ends the survey.
    void start_counting() { mode_ = Mode::count; }
    /// Whether the survey saw any id made from content.
    [[nodiscard]] bool any() const { return !filter_.empty(); }

private:
    [[nodiscard]] bool bump(std::uint64_t position);
    Mode mode_;
    std::vector<std::uint8_t> filter_; ///< four counters a byte; allocated with the first id
    std::unordered_map<std::uint64_t, std::uint32_t> counts_;
};

} // namespace harmonia::importers

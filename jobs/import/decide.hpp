// What an import decides, as pure functions of values.
#pragma once

#include "core/base/error.hpp"
#include "core/base/expected.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::importing {

/// Records, not lines: read = fresh + duplicate + rejected + skipped.
struct Counts {
    std::uint64_t read = 0, fresh = 0, duplicate = 0, rejected = 0, skipped = 0;
    std::uint64_t unidentified = 0;                     ///< among fresh
    std::map<std::string, std::uint64_t> reasons = {};  ///< of the rejected: code → records
    std::map<std::string, std::uint64_t> warnings = {}; ///< of the fresh, where the sink gives any
    Counts& operator+=(const Counts& more);
};

/// What the first pass learned of a file.
struct Finding {
    std::uint64_t records = 0, rejected = 0;
    std::optional<Problem> broken; ///< not of its format, or its totals are wrong
};

/// How much may be bad: feed.max_bad_ratio and on_bad_row.
struct Tolerance {
    double bad_ratio_max = 0.10;
    bool any_bad_row_refuses = false;
};

/// Why the file is refused as a whole, before its first row is stored; empty: it is loaded.
[[nodiscard]] std::optional<std::string> refusal(const Finding& finding,
                                                 const Tolerance& tolerance);

/// A batch of the same feed and content that an earlier run left behind.
struct Left {
    enum class State { open, loaded, refused, archived } state = State::open;
    std::string source;
    std::uint64_t bytes_done = 0, records_done = 0;
    std::string refusal;
};

/// What to do with a file whose content was seen before.
enum class Course {
    load,      ///< as a new batch (records that are there already are duplicates)
    resume,    ///< go on from the checkpoint
    supersede, ///< load as a new batch, and close the open one: its checkpoint no longer fits the
               ///< format
    finish,    ///< everything is stored (or refused): only the file was not moved yet
};
/// `number_at`: the record number that the format gives the record ending at `bytes_done`, 0 at the
/// beginning, empty when none ends there. `waits`: the file lies in its feed's directory.
[[nodiscard]] Course course(const Left& left, std::string_view source, bool waits,
                            const std::optional<std::string>& refused,
                            std::optional<std::uint64_t> number_at);

/// When a block or a batch of messages is full.
struct Bounds {
    std::uint64_t rows = 50'000, bytes = std::uint64_t{32} << 20;
    [[nodiscard]] bool full(std::uint64_t rows_now, std::uint64_t bytes_now) const {
        return rows_now >= rows || bytes_now >= bytes;
    }
};

/// Emptying queues that are to be deleted (`--draining`): whoever found nothing for a while leaves
/// them without a consumer until an instant that all who drain agree on, a multiple of the period
/// on the Unix clock. Then an empty queue can be deleted and nothing is lost. Periods double.
class Drainage {
public:
    static constexpr std::chrono::seconds k_first_period{15}, k_longest_period{3600};
    /// So long without a message means that the queues are empty.
    [[nodiscard]] std::chrono::seconds patience() const {
        return std::chrono::seconds(1) + period_ / 20;
    }
    /// When a rest that begins at `now` (seconds since 1970) ends; the next one is longer.
    [[nodiscard]] std::chrono::seconds rest(std::chrono::seconds now);

private:
    std::chrono::seconds period_ = k_first_period;
};

/// The exit code of a run that did several things: the gravest of them.
[[nodiscard]] Exit graver(Exit a, Exit b);

/// `application/json; charset=utf-8` fits `application/json`; a message that names none fits too.
[[nodiscard]] bool content_type_fits(std::string_view wanted,
                                     const std::optional<std::string>& given);

} // namespace harmonia::importing

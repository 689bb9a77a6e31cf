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

/// What the first pass found out about a file.
struct Finding {
    std::uint64_t records = 0, rejected = 0;
    std::optional<Problem> broken; ///< not in its format, or its totals are wrong
};

/// How many records may be bad: feed.max_bad_ratio and on_bad_row.
struct Tolerance {
    double bad_ratio_max = 0.10;
    bool any_bad_row_refuses = false;
};

/// Why the file is refused as a whole, before its first row is stored; empty: it is loaded.
[[nodiscard]] std::optional<std::string> refusal(const Finding& finding,
                                                 const Tolerance& tolerance);

/// A batch of the same feed and content that an earlier run left behind.
struct PriorBatch {
    enum class State { open, loaded, refused, archived } state = State::open;
    std::string source;
    std::uint64_t bytes_done = 0, records_done = 0;
    std::string refusal;
};

/// What to do with a file whose content was seen before.
enum class ResumePlan {
    load,      ///< as a new batch (records that are stored already are duplicates)
    resume,    ///< from the checkpoint
    supersede, ///< load as a new batch, and close the open one: its checkpoint no longer fits the
               ///< format
    finish,    ///< everything is stored (or refused): the file only has to be moved
};
/// `number_at`: the record number that the format gives the record ending at `bytes_done`, 0 at the
/// beginning, empty when none ends there. `in_directory`: the file is in its feed's directory.
[[nodiscard]] ResumePlan resume_plan(const PriorBatch& prior, std::string_view source,
                                     bool in_directory, const std::optional<std::string>& refused,
                                     std::optional<std::uint64_t> number_at);

/// When a block or a batch of messages is full.
struct Bounds {
    std::uint64_t rows = 50'000, bytes = std::uint64_t{32} << 20;
    [[nodiscard]] bool full(std::uint64_t rows_now, std::uint64_t bytes_now) const {
        return rows_now >= rows || bytes_now >= bytes;
    }
};

/// Emptying queues that are to be deleted (`--draining`): a run that finds nothing for a while
/// leaves them without a consumer until an instant that is the same for all draining runs, a
/// multiple of the period on the Unix clock. Meanwhile an empty queue can be deleted and nothing is
/// lost. Periods double.
class DrainSchedule {
public:
    static constexpr std::chrono::seconds k_first_period{15}, k_longest_period{3600};
    /// After this long without a message the queues count as empty.
    [[nodiscard]] std::chrono::seconds empty_after() const {
        return std::chrono::seconds(1) + period_ / 20;
    }
    /// When a pause that begins at `now` ends (seconds since 1970); the next pause is longer.
    [[nodiscard]] std::chrono::seconds pause_end(std::chrono::seconds now);

private:
    std::chrono::seconds period_ = k_first_period;
};

/// The exit code of a run that did several things: the worse of two.
[[nodiscard]] Exit worse(Exit a, Exit b);

/// `application/json; charset=utf-8` fits `application/json`; so does a message without one.
[[nodiscard]] bool content_type_fits(std::string_view wanted,
                                     const std::optional<std::string>& given);

} // namespace harmonia::importing

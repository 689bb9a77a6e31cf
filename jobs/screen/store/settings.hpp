// Section `screening` of the configuration.
#pragma once

#include "core/config/value.hpp"
#include "core/db/connection.hpp"
#include "jobs/screen/store/rate.hpp"
#include "jobs/screen/store/store.hpp"

#include <cstddef>
#include <cstdint>

namespace harmonia::screen {

/// Enough for four million payments with eight million in their windows, without parts.
inline constexpr std::uint64_t k_memory = std::uint64_t{1} << 30U;
/// With less, chunks and messages would take more than the judged rows.
inline constexpr std::uint64_t k_memory_min = std::uint64_t{64} << 20U;

/// Section `screening` of the configuration.
struct Settings {
    db::Settings database;
    bool second_person = true; ///< require_second_person
    PublishSettings publish;
    RateLimit rate;
    std::size_t chunk_rows = 25'000; ///< verdicts per commit
    std::uint64_t memory = k_memory; ///< bytes, approximate: judged rows and history
    unsigned threads = 0;            ///< 0: one per processor
};
/// Error(config) placed at the mistake.
[[nodiscard]] Settings read_settings(const config::Value& root, db::Settings database);

} // namespace harmonia::screen

// The section `import:` of the configuration.
#pragma once

#include "core/config/value.hpp"
#include "jobs/import/decide/decide.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>

namespace harmonia::importing {

struct Settings {
    std::filesystem::path base, archive, rejected, spool;
    Bounds block;
    std::uint64_t pending_max = 500'000;
    std::uint16_t queue_prefetch = 2000;
    std::chrono::milliseconds queue_wait{1000}; ///< a batch of messages is stored after it
};
[[nodiscard]] Settings read_settings(const config::Value& root);

} // namespace harmonia::importing

// The command line of harmonia-gen.
#pragma once

#include "tests/gen/world.hpp"

#include <span>
#include <string>

namespace harmonia::gen {

struct Arguments {
    enum class Command { feed, day, mids, help } command = Command::feed;
    std::string feed, out, truth;
    Settings settings;
};

/// Error(usage) for anything unknown, missing or out of range.
[[nodiscard]] Arguments parse_arguments(std::span<const char* const> arguments);
[[nodiscard]] std::string help_text();

} // namespace harmonia::gen

// The command line of harmonia-gen.
#pragma once

#include "tests/gen/history.hpp"
#include "tests/gen/orders.hpp"
#include "tests/gen/smp.hpp"
#include "tests/gen/world.hpp"

#include <span>
#include <string>

namespace harmonia::gen {

struct Arguments {
    enum class Command { feed, day, mids, smp, histories, orders, help } command = Command::feed;
    std::string feed, out, truth;
    Settings settings;
    std::uint64_t accounts = SmpWorld{}.accounts, debtors = SmpWorld{}.debtors;
    HistoryShape history;
    OrderWorld orders;
};

/// Error(usage) for anything unknown, missing or out of range.
[[nodiscard]] Arguments parse_arguments(std::span<const char* const> arguments);
[[nodiscard]] std::string help_text();

} // namespace harmonia::gen

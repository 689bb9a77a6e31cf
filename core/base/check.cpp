#include "core/base/check.hpp"

#include "core/base/error.hpp"

#include <fmt/format.h>

namespace harmonia {

void check_failed(const char* expression, const char* file, int line) {
    throw Error(Exit::internal,
                fmt::format("internal check failed: {} ({}:{})", expression, file, line),
                "This is a defect in the program; the current batch was not committed.");
}

} // namespace harmonia

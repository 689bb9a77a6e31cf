// Assertions, also in release builds: for programming errors only, never for input.
#pragma once

namespace harmonia {

/// Throws Error(Exit::internal) naming the expression and place.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);

} // namespace harmonia

#define HARMONIA_CHECK(expression)                                                                 \
    ((expression) ? static_cast<void>(0)                                                           \
                  : ::harmonia::check_failed(#expression, __FILE__, __LINE__))

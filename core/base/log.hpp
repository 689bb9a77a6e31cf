// Logging: one line per event, on stderr only: event text, then key=value fields. A key has one
// meaning in the whole program and is not renamed: operators search for it. No card token,
// credential, message body or SQL parameter is ever passed here.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace harmonia::log {

enum class Level { trace, debug, info, warn, error };
enum class Format {
    automatic, ///< colored text on a terminal, `<3>`-style prefixes under journald, otherwise
               ///< logfmt
    text,
    logfmt,
    json,
};

struct Field {
    std::string_view key;
    std::string value;
    template <typename T>
    Field(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
};
using Fields = std::initializer_list<Field>;

/// Sets level and format of the process, before any thread starts. Unknown names throw
/// Error(usage).
void configure(std::string_view level, std::string_view format, bool color_allowed);

/// Adds a field to every later line (run_id, feed, merchant); replaces an earlier value of the key.
void set_context(std::string_view key, std::string value);

void write(Level level, std::string_view message, Fields fields = {});
inline void debug(std::string_view m, Fields f = {}) {
    write(Level::debug, m, f);
}
inline void info(std::string_view m, Fields f = {}) {
    write(Level::info, m, f);
}
inline void warn(std::string_view m, Fields f = {}) {
    write(Level::warn, m, f);
}
inline void error(std::string_view m, Fields f = {}) {
    write(Level::error, m, f);
}

/// For the progress bar, which must not be torn by log lines: called before and after a line is
/// printed, on the writing thread. Null unregisters.
void set_line_guard(void (*before)(), void (*after)());

} // namespace harmonia::log

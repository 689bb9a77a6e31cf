#include "core/base/log.hpp"

#include "core/base/error.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>

namespace harmonia::log {
namespace {

struct State {
    std::mutex mutex;
    Format format = Format::text;
    bool journald = false;
    std::map<std::string, std::string, std::less<>> context;
    std::shared_ptr<spdlog::logger> logger;
    void (*before)() = nullptr;
    void (*after)() = nullptr;
};

State& state() {
    static State instance;
    return instance;
}

// journald names the device and inode of the stream it reads; only then are `<n>` prefixes
// understood.
bool stderr_is_journald() {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat info {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &info) != 0)
        return false;
    return fmt::format("{}:{}", info.st_dev, info.st_ino) == stream;
}

spdlog::level::level_enum to_spdlog(Level level) {
    switch (level) {
    case Level::trace:
        return spdlog::level::trace;
    case Level::debug:
        return spdlog::level::debug;
    case Level::info:
        return spdlog::level::info;
    case Level::warn:
        return spdlog::level::warn;
    case Level::error:
        return spdlog::level::err;
    }
    return spdlog::level::info;
}

int journald_priority(Level level) {
    switch (level) {
    case Level::trace:
    case Level::debug:
        return 7;
    case Level::info:
        return 6;
    case Level::warn:
        return 4;
    case Level::error:
        return 3;
    }
    return 6;
}

const char* level_word(Level level) {
    switch (level) {
    case Level::trace:
        return "trace";
    case Level::debug:
        return "debug";
    case Level::info:
        return "info";
    case Level::warn:
        return "warn";
    case Level::error:
        return "error";
    }
    return "info";
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (c == '\n')
            out += "\\n";
        else if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out;
}

std::string logfmt_value(std::string_view value) {
    const bool plain = !value.empty() && value.find_first_of(" =\"\n\t") == std::string_view::npos;
    return plain ? std::string(value) : "\"" + escaped(value) + "\"";
}

template <typename Each>
void each_field(const State& s, Fields fields, Each each) {
    for (const auto& [key, value] : s.context)
        each(std::string_view(key), value);
    for (const Field& field : fields)
        each(field.key, field.value);
}

std::string timestamp() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    std::tm parts{};
    ::gmtime_r(&now.tv_sec, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    return fmt::format("{}.{:03}Z", text, now.tv_nsec / 1'000'000);
}

std::string render(const State& s, Level level, std::string_view message, Fields fields) {
    std::string line;
    if (s.format == Format::json) {
        line = fmt::format(R"({{"ts":"{}","level":"{}","msg":"{}")", timestamp(), level_word(level),
                           escaped(message));
        each_field(s, fields, [&](std::string_view key, const std::string& value) {
            line += fmt::format(R"(,"{}":"{}")", escaped(key), escaped(value));
        });
        return line + "}";
    }
    if (s.format == Format::logfmt)
        line = fmt::format("ts={} level={} msg={}", timestamp(), level_word(level),
                           logfmt_value(message));
    else
        line = std::string(message);
    each_field(s, fields, [&](std::string_view key, const std::string& value) {
        line += fmt::format(" {}={}", key, logfmt_value(value));
    });
    return line;
}

spdlog::level::level_enum parse_level(std::string_view level) {
    for (const Level known : {Level::trace, Level::debug, Level::info, Level::warn, Level::error})
        if (level == level_word(known))
            return to_spdlog(known);
    throw Error(Exit::usage, fmt::format("unknown log level '{}'", level),
                "Use trace, debug, info, warn or error.");
}

Format parse_format(std::string_view format) {
    if (format == "auto")
        return Format::automatic;
    if (format == "text")
        return Format::text;
    if (format == "logfmt")
        return Format::logfmt;
    if (format == "json")
        return Format::json;
    throw Error(Exit::usage, fmt::format("unknown log format '{}'", format),
                "Use auto, text, logfmt or json.");
}

} // namespace

void configure(std::string_view level, std::string_view format, bool color_allowed) {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    const bool terminal = ::isatty(STDERR_FILENO) == 1;
    const auto spd_level = parse_level(level);
    s.format = parse_format(format);
    s.journald = s.format == Format::automatic && stderr_is_journald();
    if (s.format == Format::automatic)
        s.format = terminal || s.journald ? Format::text : Format::logfmt;
    const auto color =
        color_allowed && terminal ? spdlog::color_mode::automatic : spdlog::color_mode::never;
    s.logger = std::make_shared<spdlog::logger>(
        "harmonia", std::make_shared<spdlog::sinks::stderr_color_sink_mt>(color));
    s.logger->set_level(spd_level);
    s.logger->set_pattern(s.format == Format::text && !s.journald ? "%^%l%$: %v" : "%v");
}

void set_context(std::string_view key, std::string value) {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    s.context[std::string(key)] = std::move(value);
}

void write(Level level, std::string_view message, Fields fields) {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    if (!s.logger || !s.logger->should_log(to_spdlog(level)))
        return;
    std::string line = render(s, level, message, fields);
    if (s.journald)
        line = fmt::format("<{}>{}", journald_priority(level), line);
    if (s.before != nullptr)
        s.before();
    s.logger->log(to_spdlog(level), "{}", line);
    s.logger->flush();
    if (s.after != nullptr)
        s.after();
}

void set_line_guard(void (*before)(), void (*after)()) {
    State& s = state();
    const std::lock_guard lock(s.mutex);
    s.before = before;
    s.after = after;
}

} // namespace harmonia::log

#include "cli/screen/parts.hpp"

#include "core/base/text.hpp"
#include "jobs/screen/store/settings.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

namespace harmonia::cli {

std::string person(const std::string& by) {
    if (!by.empty())
        return by;
    const passwd* user = ::getpwuid(::geteuid());
    return user ? user->pw_name : std::to_string(::geteuid());
}

void add_by(Arguments verb, std::string& by) {
    verb.text("--by PERSON", by, "who answers for it [default: the system user]");
}

screen::Settings screen_settings(const Context& context) {
    return screen::read_settings(context.config, context.database());
}

void add_memory(Arguments verb, std::string& memory) {
    verb.text("--memory SIZE", memory,
              "memory budget; a larger history is read in parts [default: screening.memory]");
}

void apply_memory(const std::string& memory, screen::Settings& settings) {
    if (memory.empty())
        return;
    const auto bytes = parse_size_bytes(memory);
    if (!bytes || static_cast<std::uint64_t>(*bytes) < screen::k_memory_min)
        throw Error(Exit::usage,
                    fmt::format("--memory must be a size of at least 64MiB, got '{}'",
                                printable(memory, 40)),
                    "Write a number with its unit: 512MiB or 2GiB.");
    settings.memory = static_cast<std::uint64_t>(*bytes);
}

} // namespace harmonia::cli

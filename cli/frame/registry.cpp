// The list of commands, from commands.def.
#include "cli/frame/command.hpp"

namespace harmonia::cli {

#define COMMAND(suffix, name, summary) std::unique_ptr<Command> make_##suffix();
#include "cli/frame/commands.def"
#undef COMMAND

const std::vector<CommandEntry>& commands() {
    static const std::vector<CommandEntry> k_commands{
#define COMMAND(suffix, name, summary) {name, summary, make_##suffix},
#include "cli/frame/commands.def"
#undef COMMAND
    };
    return k_commands;
}

} // namespace harmonia::cli

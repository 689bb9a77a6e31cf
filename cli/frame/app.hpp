// The frame around every command: arguments, configuration, the recorded run, output, exit code.
#pragma once

namespace harmonia::cli {

/// The whole program except main(); never throws. Returns the exit code.
int run_program(int argc, char** argv);

} // namespace harmonia::cli

// The environment variables of the programs that Harmonia replaces, by role: in a process that
// plays one role they stand in for its keys, below HARMONIA_*.
#pragma once

#include "core/config/config.hpp"

#include <functional>
#include <string>
#include <vector>

namespace harmonia::cli {

/// Roles that have variables, each once.
[[nodiscard]] std::vector<std::string> alias_roles();

/// Those of `roles` that are set. `find` is getenv. With several roles a set variable is
/// Error(config) that names the key's own variable, because it does not say which role it means;
/// Error(config) also for a value of the wrong form.
[[nodiscard]] std::vector<config::Alias>
alias_layer(const std::vector<std::string>& roles,
            const std::function<const char*(const char* name)>& find);

} // namespace harmonia::cli

// What `config explain` says about keys, sections and what a site declares below them.
#pragma once

#include "cli/frame/command.hpp"
#include "core/config/value.hpp"

#include <string>

namespace harmonia::cli {

/// `path` and the keys below it: what each means, its default and, where it is set, its value. In a
/// tree of named things (`feeds`) NAME stands for any name; `feeds.visa-auth` shows that feed's
/// values. Error(usage) when there is no such path.
[[nodiscard]] Report explain_path(const config::Value& root, const std::string& path);

/// A value on one line, secrets as ***: a scalar as it is, anything else as JSON.
[[nodiscard]] std::string shown_value(const config::Value& value, const std::string& path);

/// Error(usage) for a path that does not exist, with a suggestion.
[[noreturn]] void refuse_path(const config::Value& root, const std::string& path);

} // namespace harmonia::cli

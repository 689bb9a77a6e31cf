// Secrets of the configuration: where they come from, and how they are masked.
#pragma once

#include "core/config/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace harmonia::config {

/// The secret `key` of a section: its value if set, otherwise the content of the file named by
/// `<key>_file` (one line end removed). Empty when neither is set. A relative file name is looked
/// up in $CREDENTIALS_DIRECTORY first, then in the working directory. Error(config) for a file that
/// cannot be read, Error(permission) for one that its group or others may read. Marks both keys as
/// known.
[[nodiscard]] std::optional<std::string> secret(Reader& section, std::string_view key);

/// The path of the secret file `name`: an absolute name is unchanged, others are looked up in
/// $CREDENTIALS_DIRECTORY first.
[[nodiscard]] std::string located_secret(const std::string& name);

/// Whether the value at `path` must be shown as `***`: its last name ends in password, token …
[[nodiscard]] bool is_secret(std::string_view path);

/// `text`, with the passwords of URLs (`://user:PASSWORD@`) and connection strings (`password=…`)
/// as
/// `***`.
[[nodiscard]] std::string mask_credentials(std::string_view text);

} // namespace harmonia::config

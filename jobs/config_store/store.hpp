// Live configuration in the database: ops.config_item. Keys are those marked live in the defaults
// (core/config/config.hpp); rows of the originals' own store (`txmatch:config:…`) are left alone.
#pragma once

#include "core/db/connection.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::config_store {

/// All rows in the order of their keys, as config::with_store() takes them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read(db::Connection& connection);

/// Sets one key. The caller has checked key and value.
void set(db::Connection& connection, const std::string& key, const std::string& value);

/// Deletes a key, so that files and defaults apply again; false when it was not set.
bool unset(db::Connection& connection, const std::string& key);

} // namespace harmonia::config_store

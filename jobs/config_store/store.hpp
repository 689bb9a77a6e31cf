// Live configuration in the database: ops.config_item. Keys are those marked live in the defaults
// (core/config/config.hpp); rows of the originals' own store (`txmatch:config:…`) are left alone.
#pragma once

#include "core/db/connection.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::config_store {

/// All rows, by key: what config::with_store() takes.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read(db::Connection& connection);

/// Sets one key, whatever it was before. The caller has checked key and value.
void set(db::Connection& connection, const std::string& key, const std::string& value);

/// Forgets a key, so that files and defaults count again; false when it was not set.
bool unset(db::Connection& connection, const std::string& key);

} // namespace harmonia::config_store

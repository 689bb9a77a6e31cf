// What a Value points to. Only core/config's own sources build nodes.
#pragma once

#include "core/config/value.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::config {

struct Value::Node {
    Kind kind = Kind::null;
    Origin origin;
    std::string path;
    std::string text; ///< scalar; for null the way it was written
    bool quoted = false;
    std::vector<Value> list;
    std::vector<std::pair<std::string, Value>> map;
};

[[nodiscard]] Value make_value(Value::Node node);
[[nodiscard]] std::string child_path(const std::string& parent, std::string_view key);
[[nodiscard]] std::string item_path(const std::string& parent, std::size_t index);
[[nodiscard]] const char* kind_name(Value::Kind kind); ///< `a map`

} // namespace harmonia::config

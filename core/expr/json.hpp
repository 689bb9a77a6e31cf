// The little JSON that expressions need: members by path, texts quoted, tagged values made plain.
#pragma once

#include "core/expr/expr.hpp"

#include <string>
#include <string_view>

namespace harmonia::expr {

/// The scalar at a dotted path of objects: a text, a number as the text that stands there, a
/// boolean. Null when absent, null, an object or a list; error `bad_value` when the text is no
/// JSON.
[[nodiscard]] Value json_member(std::string_view json, std::string_view path, Arena& arena);

/// `{"__type__": "datetime", "__value__": "…"}` (also date, time, decimal, uuid) is its value,
/// `{"__type__": "…DateTime", "epoch": n}` that instant, `{"__type__": "…Decimal", "repr": "…"}`
/// its text; everything else is itself.
[[nodiscard]] Value untag(const Value& value, Arena& arena);

} // namespace harmonia::expr

// The JSON that expressions need: members by path, tagged values made plain.
#pragma once

#include "core/expr/expr.hpp"

#include <string_view>

namespace harmonia::expr {

/// One value by RFC 8259, in UTF-8, without lone surrogates.
[[nodiscard]] bool is_json(std::string_view text);

/// The scalar at a dotted path of objects: a string, a number as the text that was written, a
/// boolean. Null when absent, null, an object or an array; error `bad_value` when the text is not
/// JSON.
[[nodiscard]] Value json_member(std::string_view json, std::string_view path, Arena& arena);

/// `{"__type__": "datetime", "__value__": "…"}` (also date, time, decimal, uuid) is its value,
/// `{"__type__": "…DateTime", "epoch": n}` that instant, `{"__type__": "…Decimal", "repr": "…"}`
/// its text; everything else is itself.
[[nodiscard]] Value untag(const Value& value, Arena& arena);

} // namespace harmonia::expr

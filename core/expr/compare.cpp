#include "core/expr/compare.hpp"

#include "core/money/decimal.hpp"

namespace harmonia::expr {

std::optional<int> compare(const Value& a, const Value& b) {
    const auto is_number = [](const Value& v) {
        return v.type == Type::integer || v.type == Type::decimal;
    };
    if (is_number(a) && is_number(b))
        return money::compare({a.integer, a.scale}, {b.integer, b.scale});
    if (a.type != b.type || a.is_null() || a.is_error())
        return std::nullopt;
    if (a.type == Type::text) {
        const int order = a.text.compare(b.text);
        return order < 0 ? -1 : order > 0 ? 1 : 0;
    }
    return a.integer < b.integer ? -1 : a.integer > b.integer ? 1 : 0;
}

Value incomparable() {
    return Value::error("bad_value", "values of different types compared");
}

} // namespace harmonia::expr

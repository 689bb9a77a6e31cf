#include "core/base/text.hpp"
#include "core/expr/expr.hpp"
#include "core/money/decimal.hpp"
#include "core/time/civil.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace harmonia::expr {

const char* type_name(Type type) {
    switch (type) {
    case Type::null:
        return "null";
    case Type::boolean:
        return "boolean";
    case Type::integer:
        return "integer";
    case Type::decimal:
        return "decimal";
    case Type::text:
        return "text";
    case Type::instant:
        return "instant";
    case Type::date:
        return "date";
    case Type::duration:
        return "duration";
    case Type::error:
        return "error";
    }
    return "unknown";
}

namespace {

Value make(Type type, std::int64_t integer) {
    Value value;
    value.type = type;
    value.integer = integer;
    return value;
}

} // namespace

Value Value::of(bool v) {
    return make(Type::boolean, v ? 1 : 0);
}
Value Value::of(std::int64_t v) {
    return make(Type::integer, v);
}
Value Value::of_instant(std::int64_t micros) {
    return make(Type::instant, micros);
}
Value Value::of_date(std::int64_t days) {
    return make(Type::date, days);
}
Value Value::of_duration(std::int64_t micros) {
    return make(Type::duration, micros);
}

Value Value::of_text(std::string_view v) {
    Value value = make(Type::text, 0);
    value.text = v;
    return value;
}

Value Value::of_decimal(std::int64_t coefficient, std::uint8_t scale) {
    Value value = make(Type::decimal, coefficient);
    value.scale = scale;
    return value;
}

Value Value::error(std::string_view code, std::string_view detail) {
    Value value = make(Type::error, 0);
    value.text = code;
    value.detail = detail;
    return value;
}

bool Value::is_blank() const {
    return is_null() || (type == Type::text && trim(text).empty());
}

std::string_view print(const Value& value, Arena& arena) {
    constexpr std::size_t room = 64; // of a number, a time
    switch (value.type) {
    case Type::null:
        return {};
    case Type::boolean:
        return value.integer != 0 ? "true" : "false";
    case Type::text:
    case Type::error:
        return value.text;
    case Type::decimal: {
        char* const at = arena.allocate(room);
        return {at, money::print_scaled(value.integer, value.scale, money::Padding::padded, at)};
    }
    case Type::instant: {
        char* const at = arena.allocate(room);
        return {at, time::print_utc(value.integer, at)};
    }
    case Type::date: {
        char* const at = arena.allocate(room);
        return {at, time::print_date(static_cast<std::int32_t>(value.integer), at)};
    }
    case Type::integer: {
        char* const at = arena.allocate(room);
        return {at, static_cast<std::size_t>(std::to_chars(at, at + room, value.integer).ptr - at)};
    }
    case Type::duration: { // in seconds
        char* const at = arena.allocate(room);
        std::size_t size = money::print_scaled(value.integer, 6, money::Padding::unpadded, at);
        at[size++] = 's';
        return {at, size};
    }
    }
    return {};
}

} // namespace harmonia::expr

#include "core/expr/compare.hpp"
#include "core/expr/function.hpp"
#include "core/money/currency.hpp"
#include "core/money/money.hpp"

namespace harmonia::expr::fn {

namespace {

bool is_number(const Value& value) {
    return value.type == Type::integer || value.type == Type::decimal;
}

money::Decimal decimal_of(const Value& value) {
    return {value.integer, value.scale};
}

Value out_of_range() {
    return Value::error("amount_range", "beyond 64 bits");
}

// Whole results of whole operands stay integers.
Value value_of(const Expected<money::Decimal>& result, bool whole, Arena& arena) {
    if (!result)
        return error_from(result.error(), arena);
    return whole && result->scale == 0
               ? Value::of(result->coefficient)
               : Value::of_decimal(result->coefficient, static_cast<std::uint8_t>(result->scale));
}

Value with(const Value& like, std::int64_t integer) {
    Value value = like;
    value.integer = integer;
    return value;
}

// Types of sums: number ± number, duration ± duration, instant ± duration, instant - instant.
Value sum(const Value& a, const Value& b, bool negative, Arena& arena) {
    if (is_number(a) && is_number(b)) {
        const bool whole = a.type == Type::integer && b.type == Type::integer;
        const auto left = decimal_of(a);
        const auto right = decimal_of(b);
        return value_of(negative ? money::subtract(left, right) : money::add(left, right), whole,
                        arena);
    }
    std::int64_t result = 0;
    const bool overflow = negative ? __builtin_sub_overflow(a.integer, b.integer, &result)
                                   : __builtin_add_overflow(a.integer, b.integer, &result);
    if (overflow)
        return out_of_range();
    if (b.type == Type::duration && (a.type == Type::duration || a.type == Type::instant))
        return with(a, result);
    if (a.type == Type::duration && b.type == Type::instant && !negative)
        return with(b, result);
    if (a.type == Type::instant && b.type == Type::instant && negative)
        return Value::of_duration(result);
    return Value::error("bad_value", "values that do not add up");
}

Value extreme(const Call& call, int wanted) {
    const Value* best = &call[0];
    for (const Value& value : call.arguments) {
        const auto order = compare(value, *best);
        if (!order)
            return incomparable();
        best = *order == wanted ? &value : best;
    }
    return *best;
}

bool truncates(const Call& call, Value& problem) {
    if (call.size() > 2 && call.text(2) != "truncate" && call.text(2) != "exact")
        problem = Value::error("bad_value", "rounding is \"exact\" or \"truncate\"");
    return call.size() > 2 && call.text(2) == "truncate";
}

} // namespace

Value number(const Call& call) {
    return value_of(money::parse_decimal(call.text(0)), true, call.arena);
}

Value integer(const Call& call) {
    const auto parsed = money::parse_scaled(call.text(0), 0, money::Rounding::exact);
    return parsed ? Value::of(*parsed)
                  : Value::error("bad_value", call.arena.copy(parsed.error().detail));
}

Value minor_units(const Call& call) {
    Value problem;
    const auto rounding =
        truncates(call, problem) ? money::Rounding::truncate : money::Rounding::exact;
    if (problem.is_error())
        return problem;
    Expected<std::int64_t> minor;
    if (call[1].type == Type::text)
        minor = money::parse_major(call.text(0), call.text(1), rounding);
    else if (call[1].type == Type::integer && call[1].integer >= 0 &&
             call[1].integer <= money::k_scale_max)
        minor = money::parse_scaled(call.text(0), static_cast<int>(call[1].integer), rounding);
    else
        return Value::error("bad_value", "'minor_units' takes a currency or a scale of 0 to 18");
    return minor ? Value::of(*minor) : error_from(minor.error(), call.arena);
}

Value major_text(const Call& call) {
    const bool padded = call.size() > 2 && call.text(2) == "padded";
    if (call.size() > 2 && !padded && call.text(2) != "unpadded")
        return Value::error("bad_value", "padding is \"padded\" or \"unpadded\"");
    const auto exponent = money::exponent_of(call.text(1));
    if (!exponent)
        return Value::error("bad_currency", call.arena.copy(call.text(1)));
    char* const at = call.arena.allocate(money::k_print_max);
    const auto padding = padded ? money::Padding::padded : money::Padding::unpadded;
    return Value::of_text({at, money::print_scaled(call[0].integer, *exponent, padding, at)});
}

Value add(const Call& call) {
    Value total = call[0];
    for (const Value& value : call.arguments.subspan(1)) {
        total = sum(total, value, false, call.arena);
        if (total.is_error())
            break;
    }
    return total;
}

Value subtract(const Call& call) {
    return sum(call[0], call[1], true, call.arena);
}

Value multiply(const Call& call) {
    const bool whole = call[0].type == Type::integer && call[1].type == Type::integer;
    return value_of(money::multiply(decimal_of(call[0]), decimal_of(call[1])), whole, call.arena);
}

Value negate(const Call& call) {
    const auto negated = money::negate(call[0].integer);
    if (call[0].type == Type::instant)
        return Value::error("bad_value", "an instant has no sign");
    return negated ? with(call[0], *negated) : out_of_range();
}

Value absolute(const Call& call) {
    return call[0].integer < 0 ? negate(call) : call[0];
}
Value minimum(const Call& call) {
    return extreme(call, -1);
}
Value maximum(const Call& call) {
    return extreme(call, 1);
}

} // namespace harmonia::expr::fn

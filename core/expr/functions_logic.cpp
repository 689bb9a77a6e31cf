#include "core/base/text.hpp"
#include "core/expr/compare.hpp"
#include "core/expr/function.hpp"

namespace harmonia::expr::fn {

namespace {

// `decisive` settles it; otherwise null as soon as one operand was null.
Value combine(const LazyCall& call, bool decisive) {
    bool unknown = false;
    for (std::size_t i = 0; i < call.size(); ++i) {
        const Value value = call[i];
        if (value.is_error())
            return value;
        if (value.is_null())
            unknown = true;
        else if (value.is_true() == decisive)
            return value;
    }
    return unknown ? Value{} : Value::of(!decisive);
}

template <typename Test>
Value ordered(const Call& call, Test test) {
    const auto order = compare(call[0], call[1]);
    return order ? Value::of(test(*order)) : incomparable();
}

} // namespace

Value logical_and(const LazyCall& call) {
    return combine(call, false);
}
Value logical_or(const LazyCall& call) {
    return combine(call, true);
}
Value logical_not(const Call& call) {
    return Value::of(!call[0].is_true());
}

Value choose(const LazyCall& call) {
    const Value condition = call[0];
    if (condition.is_error())
        return condition;
    if (condition.is_true())
        return call[1];
    return call.size() > 2 ? call[2] : Value{};
}

Value coalesce(const LazyCall& call) {
    for (std::size_t i = 0; i < call.size(); ++i) {
        const Value value = call[i];
        if (!value.is_null())
            return value;
    }
    return {};
}

Value first_nonblank(const LazyCall& call) {
    for (std::size_t i = 0; i < call.size(); ++i) {
        const Value value = call[i];
        if (!value.is_blank())
            return value;
    }
    return {};
}

Value is_null(const Call& call) {
    return Value::of(call[0].is_null());
}
Value is_blank(const Call& call) {
    return Value::of(call[0].is_blank());
}

Value any_blank(const Call& call) {
    for (const Value& value : call.arguments)
        if (value.is_blank())
            return Value::of(true);
    return Value::of(false);
}

Value equal(const Call& call) {
    return ordered(
        call, [](int order) { return order == 0; });
}
Value not_equal(const Call& call) {
    return ordered(
        call, [](int order) { return order != 0; });
}
Value less(const Call& call) {
    return ordered(
        call, [](int order) { return order < 0; });
}
Value less_or_equal(const Call& call) {
    return ordered(
        call, [](int order) { return order <= 0; });
}
Value greater(const Call& call) {
    return ordered(
        call, [](int order) { return order > 0; });
}
Value greater_or_equal(const Call& call) {
    return ordered(
        call, [](int order) { return order >= 0; });
}

// As `a >= low and a <= high`: one bound can settle it while the other is unknown.
Value between(const LazyCall& call) {
    const Value value = call[0];
    if (value.is_error() || value.is_null())
        return value;
    bool unknown = false;
    for (std::size_t i = 1; i <= 2; ++i) {
        const Value bound = call[i];
        if (bound.is_error())
            return bound;
        if (bound.is_null()) {
            unknown = true;
            continue;
        }
        const auto order = compare(value, bound);
        if (!order)
            return incomparable();
        if (i == 1 ? *order < 0 : *order > 0)
            return Value::of(false);
    }
    return unknown ? Value{} : Value::of(true);
}

Value member(const LazyCall& call) {
    const Value value = call[0];
    if (value.is_error() || value.is_null())
        return value;
    bool unknown = false;
    for (std::size_t i = 1; i < call.size(); ++i) {
        const Value candidate = call[i];
        if (candidate.is_error())
            return candidate;
        if (candidate.is_null()) {
            unknown = true;
            continue;
        }
        const auto order = compare(value, candidate);
        if (!order)
            return incomparable();
        if (*order == 0)
            return Value::of(true);
    }
    return unknown ? Value{} : Value::of(false);
}

} // namespace harmonia::expr::fn

#include "jobs/screen/judge/evaluate.hpp"

#include "core/base/check.hpp"
#include "core/time/civil.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

constexpr std::int64_t k_micro = 1'000'000;

bool holds(Op op, std::strong_ordering order) {
    switch (op) {
    case Op::equal:
        return order == 0;
    case Op::unequal:
        return order != 0;
    case Op::less:
        return order < 0;
    case Op::less_equal:
        return order <= 0;
    case Op::greater:
        return order > 0;
    default:
        return order >= 0;
    }
}

} // namespace

Cell Evaluator::eval(const Formula& formula, std::uint32_t number, const RowAt& at) {
    const FormulaNode& node = formula.nodes[number];
    switch (node.op) {
    case Op::literal:
        return {true, node.number, {}};
    case Op::text:
        return {true, {}, node.text};
    case Op::field:
        return field(static_cast<Field>(node.index), at);
    case Op::feature:
        return feature(node.index, at);
    case Op::bin:
        return Cell::of(history_.dictionary(Field::bin6).text(history_.bin(at.row, node.index)));
    case Op::tag:
        return Cell::of((*at.tags)[node.index] != 0);
    case Op::speed:
    case Op::distance:
    case Op::gap:
        return travel(node.op, at);
    case Op::hour:
    case Op::weekday:
    case Op::age:
        return clock(formula, node, at);
    case Op::kilometres:
        return kilometres(formula, node, at);
    case Op::in_list:
        return in_list(formula, node, at);
    case Op::in_values:
        return in_values(formula, node, at);
    case Op::text_test:
        return text_test(formula, node, at);
    case Op::between:
        return between(formula, node, at);
    case Op::both:
    case Op::either:
    case Op::negation:
        return logic(formula, node, at);
    case Op::is_missing:
        return Cell::of(!eval(formula, formula.argument(node, 0), at).known);
    case Op::smallest:
    case Op::largest:
    case Op::coalesce:
        return extreme(formula, node, at);
    case Op::sum:
    case Op::difference:
    case Op::product:
    case Op::quotient:
    case Op::minus:
    case Op::absolute:
        return arithmetic(formula, node, at);
    default:
        return node.spread ? spread(formula, node, at) : comparison(formula, node, at);
    }
}

Cell Evaluator::field(Field field, const RowAt& at) const {
    if (field < Field::amount)
        return Cell::of(history_.text(field, at.row));
    const auto value = raw_value(history_, field, at.row);
    if (!value)
        return {};
    return {true, {*value, field > Field::event_time ? k_micro : 1}, {}};
}

Cell Evaluator::feature(std::uint16_t index, const RowAt& at) const {
    const Feature& feature = binding_.ruleset.features[index];
    const FeatureColumn& column = binding_.features->column(index);
    const std::int64_t n = column.n[at.index];
    if (n == FeatureColumn::k_missing)
        return {};
    switch (feature.aggregate) {
    case Aggregate::count:
    case Aggregate::labels:
    case Aggregate::verdicts:
        return Cell::of(Int128{n});
    case Aggregate::sum:
        return Cell::of(column.sum[at.index]);
    case Aggregate::avg:
        return {true, {column.sum[at.index], n}, {}};
    case Aggregate::share:
        return {true, {column.value[at.index], n}, {}};
    case Aggregate::last:
    case Aggregate::nth_last:
        if (is_text(feature))
            return Cell::of(history_.dictionary(feature.of)
                                .text(static_cast<std::uint32_t>(column.value[at.index])));
        return {true, {column.value[at.index], feature.of > Field::event_time ? k_micro : 1}, {}};
    default:
        return Cell::of(Int128{column.value[at.index]});
    }
}

Cell Evaluator::travel(Op op, const RowAt& at) const {
    const TravelColumn& travel = binding_.features->travel();
    const std::int64_t metres = travel.metres[at.index];
    const std::int64_t gap_us = travel.gap_us[at.index];
    if (metres < 0)
        return {};
    if (op == Op::gap)
        return Cell::of(Int128{gap_us});
    if (op == Op::distance)
        return {true, {metres, 1000}, {}};
    if (gap_us == 0 && metres == 0)
        return Cell::of(Int128{0});
    constexpr std::int64_t metres_per_us = 3'600'000; // in km/h
    return {true, {gap_us == 0 ? 1 : Int128{metres} * metres_per_us, gap_us}, {}};
}

// The time at which a record arrived says nothing about the hour of its event.
Cell Evaluator::clock(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    const std::uint32_t child = formula.argument(node, 0);
    const Cell moment = eval(formula, child, at);
    const FormulaNode& of = formula.nodes[child];
    constexpr Int128 longest = 10'000 * Int128{366} * time::k_day_us; // as far as the calendar goes
    if (!moment.known || moment.number.den == 0 ||
        moment.number.num / moment.number.den > longest ||
        moment.number.num / moment.number.den < -longest ||
        (node.op != Op::age && of.op == Op::field && history_.received_time(at.row)))
        return {};
    const auto instant = static_cast<std::int64_t>(moment.number.num / moment.number.den);
    if (node.op == Op::age)
        return Cell::of(Int128{history_.event_us(at.row)} - instant);
    const std::int64_t local = binding_.ruleset.zone->to_local(instant);
    if (node.op == Op::hour)
        return Cell::of(Int128{time::civil_of(local).hour});
    return Cell::of(Int128{time::weekday_of(time::date_of_local(local))});
}

Cell Evaluator::kilometres(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    std::int32_t places[4];
    for (std::size_t i = 0; i < 4; ++i) {
        const Cell cell = eval(formula, formula.argument(node, i), at);
        const auto micro = cell.known ? multiply(cell.number, {k_micro, 1}) : std::nullopt;
        const Int128 limit = i % 2 == 0 ? 90 * k_micro : 180 * k_micro;
        if (!micro || micro->den == 0)
            return {};
        const Int128 whole = micro->num / micro->den;
        if (whole > limit || whole < -limit)
            return {};
        places[i] = static_cast<std::int32_t>(whole);
    }
    return {true, {distance_m(places[0], places[1], places[2], places[3]), 1000}, {}};
}

Cell Evaluator::logic(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    if (node.op == Op::negation) {
        const Cell cell = eval(formula, formula.argument(node, 0), at);
        return cell.known ? Cell::of(!cell.is_true()) : cell;
    }
    const bool decisive = node.op == Op::either;
    bool unknown = false;
    for (std::size_t i = 0; i < node.count; ++i) {
        const Cell cell = eval(formula, formula.argument(node, i), at);
        if (cell.known && cell.is_true() == decisive)
            return cell;
        unknown = unknown || !cell.known;
    }
    return unknown ? Cell{} : Cell::of(!decisive);
}

Cell Evaluator::comparison(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    const std::uint32_t first = formula.argument(node, 0);
    const Cell a = eval(formula, first, at);
    if (!a.known)
        return a;
    const FormulaNode& second = formula.nodes[formula.argument(node, 1)];
    if (second.op == Op::literal)
        return Cell::of(holds(node.op, compare(a.number, second.number)));
    const Cell b = eval(formula, formula.argument(node, 1), at);
    if (!b.known)
        return b;
    if (formula.nodes[first].kind == Kind::text)
        return Cell::of((a.text == b.text) == (node.op == Op::equal));
    return Cell::of(holds(node.op, compare(a.number, b.number)));
}

// `left op right` is decided by the sign of left − right = a + k·σ.
Cell Evaluator::spread(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    Spread spread;
    const auto left = linear(formula, formula.argument(node, 0), at, spread);
    const auto right = left ? linear(formula, formula.argument(node, 1), at, spread) : left;
    if (!left || !right)
        return {};
    const auto constant = subtract(left->constant, right->constant);
    const auto factor = subtract(left->factor, right->factor);
    const auto order = constant && factor ? sign(*constant, *factor, spread) : std::nullopt;
    return order ? Cell::of(holds(node.op, *order)) : Cell{};
}

std::optional<Evaluator::Linear> Evaluator::linear(const Formula& formula, std::uint32_t number,
                                                   const RowAt& at, Spread& spread) {
    const FormulaNode& node = formula.nodes[number];
    if (node.kind != Kind::spread) {
        const Cell cell = eval(formula, number, at);
        return cell.known ? std::optional(Linear{cell.number, {0, 1}}) : std::nullopt;
    }
    if (node.op == Op::feature) {
        const FeatureColumn& column = binding_.features->column(node.index);
        if (column.n[at.index] == FeatureColumn::k_missing)
            return std::nullopt;
        spread = {static_cast<std::uint64_t>(column.n[at.index]), column.sum[at.index],
                  column.squares[at.index]};
        return Linear{{0, 1}, {1, 1}};
    }
    const auto a = linear(formula, formula.argument(node, 0), at, spread);
    const auto b = a && node.count > 1 ? linear(formula, formula.argument(node, 1), at, spread) : a;
    if (!a || !b)
        return std::nullopt;
    const auto combined = [&](auto&& act) -> std::optional<Linear> {
        const auto constant = act(a->constant, b->constant);
        const auto factor = act(a->factor, b->factor);
        return constant && factor ? std::optional(Linear{*constant, *factor}) : std::nullopt;
    };
    if (node.op == Op::sum)
        return combined([](const Rational& x, const Rational& y) { return add(x, y); });
    if (node.op == Op::difference)
        return combined([](const Rational& x, const Rational& y) { return subtract(x, y); });
    if (node.op == Op::minus)
        return Linear{negate(a->constant), negate(a->factor)};
    // One side of a product or quotient is a plain number, whose `factor` is 0.
    const bool left_plain = formula.nodes[formula.argument(node, 0)].kind != Kind::spread;
    const Rational& scale = left_plain ? a->constant : b->constant;
    const Linear& scaled = left_plain ? *b : *a;
    const auto act = [&](const Rational& x) {
        return node.op == Op::quotient ? divide(x, scale) : multiply(x, scale);
    };
    const auto constant = act(scaled.constant);
    const auto factor = act(scaled.factor);
    return constant && factor ? std::optional(Linear{*constant, *factor}) : std::nullopt;
}

Cell Evaluator::between(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    const Cell value = eval(formula, formula.argument(node, 0), at);
    if (!value.known)
        return value;
    bool unknown = false;
    for (std::size_t i = 1; i <= 2; ++i) {
        const Cell bound = eval(formula, formula.argument(node, i), at);
        if (!bound.known) {
            unknown = true;
            continue;
        }
        const auto order = compare(value.number, bound.number);
        if (i == 1 ? order < 0 : order > 0)
            return Cell::of(false);
    }
    return unknown ? Cell{} : Cell::of(true);
}

Cell Evaluator::in_values(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    const std::uint32_t first = formula.argument(node, 0);
    const Cell value = eval(formula, first, at);
    if (!value.known)
        return value;
    const bool text = formula.nodes[first].kind == Kind::text;
    bool unknown = false;
    for (std::size_t i = 1; i < node.count; ++i) {
        const Cell member = eval(formula, formula.argument(node, i), at);
        unknown = unknown || !member.known;
        if (member.known &&
            (text ? member.text == value.text : compare(member.number, value.number) == 0))
            return Cell::of(true);
    }
    return unknown ? Cell{} : Cell::of(false);
}

Cell Evaluator::in_list(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    const Members& members = binding_.lists[node.index];
    const FormulaNode& of = formula.nodes[formula.argument(node, 0)];
    const std::int64_t event_us = history_.event_us(at.row);
    if (of.op == Op::field) {
        const auto field = static_cast<Field>(of.index);
        const std::uint32_t code = history_.code(field, at.row);
        return code == 0 ? Cell{} : Cell::of(members.contains(field, code, event_us));
    }
    const Cell value = eval(formula, formula.argument(node, 0), at);
    return value.known ? Cell::of(members.contains(value.text, event_us)) : value;
}

Cell Evaluator::text_test(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    const FormulaNode& of = formula.nodes[formula.argument(node, 0)];
    TestResults& results = tests_[&node];
    if (results.by_code.empty()) {
        const TextTest& declared = formula.tests[node.index];
        auto program = expr::Program::compile(
            expr::call(declared.function, {expr::name("x"), expr::literal_text(declared.pattern)}),
            std::vector<expr::Name>{{"x", expr::Type::text}});
        HARMONIA_CHECK(program.has_value());
        results.program = std::move(*program);
        results.by_code.resize(
            of.op == Op::field ? history_.dictionary(static_cast<Field>(of.index)).size() : 1);
    }
    const auto test = [&](std::string_view text) {
        arena_.reset();
        const expr::Value row[] = {expr::Value::of_text(text)};
        return results.program.eval(row, arena_).is_true();
    };
    if (of.op != Op::field) {
        const Cell value = eval(formula, formula.argument(node, 0), at);
        return value.known ? Cell::of(test(value.text)) : value;
    }
    const auto field = static_cast<Field>(of.index);
    const std::uint32_t code = history_.code(field, at.row);
    if (code == 0)
        return {};
    std::uint8_t& result = results.by_code[code];
    if (result == 0)
        result = test(history_.dictionary(field).text(code)) ? 2 : 1;
    return Cell::of(result == 2);
}

Cell Evaluator::arithmetic(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    const Cell a = eval(formula, formula.argument(node, 0), at);
    if (!a.known)
        return a;
    if (node.op == Op::minus)
        return {true, negate(a.number), {}};
    if (node.op == Op::absolute)
        return {true, a.number.num < 0 ? negate(a.number) : a.number, {}};
    const Cell b = eval(formula, formula.argument(node, 1), at);
    if (!b.known)
        return b;
    switch (node.op) {
    case Op::sum:
        return Cell::of(add(a.number, b.number));
    case Op::difference:
        return Cell::of(subtract(a.number, b.number));
    case Op::product:
        return Cell::of(multiply(a.number, b.number));
    default:
        return Cell::of(divide(a.number, b.number));
    }
}

Cell Evaluator::extreme(const Formula& formula, const FormulaNode& node, const RowAt& at) {
    Cell best;
    for (std::size_t i = 0; i < node.count; ++i) {
        const Cell cell = eval(formula, formula.argument(node, i), at);
        if (node.op == Op::coalesce) {
            if (cell.known)
                return cell;
            continue;
        }
        if (!cell.known)
            return cell;
        if (!best.known || holds(node.op == Op::smallest ? Op::less : Op::greater,
                                 compare(cell.number, best.number)))
            best = cell;
    }
    return best;
}

} // namespace harmonia::screen

// The `features:` of a rule set: aggregates, windows, keys, conditions.
#include "core/base/text.hpp"
#include "core/expr/expr.hpp"
#include "jobs/screen/rules/grammar_compiler.hpp"
#include "jobs/screen/rules/ruleset_reader.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace harmonia::screen {

namespace {

struct AggregateName {
    const char* name;
    Aggregate aggregate;
};
constexpr std::array k_aggregates = {
    AggregateName{"count", Aggregate::count},
    AggregateName{"sum", Aggregate::sum},
    AggregateName{"distinct", Aggregate::distinct},
    AggregateName{"min", Aggregate::min},
    AggregateName{"max", Aggregate::max},
    AggregateName{"avg", Aggregate::avg},
    AggregateName{"stddev", Aggregate::stddev},
    AggregateName{"share", Aggregate::share},
    AggregateName{"last", Aggregate::last},
    AggregateName{"nth_last", Aggregate::nth_last},
    AggregateName{"first_at", Aggregate::first_at},
    AggregateName{"since_last", Aggregate::since_last},
    AggregateName{"labels", Aggregate::labels},
    AggregateName{"verdicts", Aggregate::verdicts},
};
constexpr std::array k_key_fields = {
    Field::card,   Field::customer,   Field::merchant, Field::terminal,     Field::ip,
    Field::device, Field::email_hash, Field::mcc,      Field::card_country, Field::bin6};

constexpr long long k_window_ms_max = 3'650LL * 86'400'000; // ten years: longer is a mistake

bool of_rows(Aggregate aggregate) { // as in `count: txn`
    return aggregate == Aggregate::count || aggregate == Aggregate::share ||
           aggregate == Aggregate::first_at || aggregate == Aggregate::since_last;
}
bool of_any_field(Aggregate aggregate) {
    return aggregate == Aggregate::distinct || aggregate == Aggregate::last ||
           aggregate == Aggregate::nth_last;
}
bool counts_itself(Aggregate aggregate) {
    return aggregate == Aggregate::count || aggregate == Aggregate::sum ||
           aggregate == Aggregate::distinct || aggregate == Aggregate::min ||
           aggregate == Aggregate::max;
}

Kind kind_of(const Feature& feature) {
    switch (feature.aggregate) {
    case Aggregate::sum:
    case Aggregate::min:
    case Aggregate::max:
    case Aggregate::avg:
        return Kind::money;
    case Aggregate::stddev:
        return Kind::spread;
    case Aggregate::last:
    case Aggregate::nth_last:
        return screen::kind_of(feature.of);
    case Aggregate::first_at:
        return Kind::time;
    case Aggregate::since_last:
        return Kind::duration;
    default:
        return Kind::number;
    }
}

// The field of `x == cur.x` or `cur.x == x`.
std::optional<Field> compared_with_current(const expr::Node& node) {
    if (node.kind != expr::Node::Kind::call || node.text != "eq" || node.children.size() != 2)
        return std::nullopt;
    const auto& a = node.children[0];
    const auto& b = node.children[1];
    if (a.kind != expr::Node::Kind::name || b.kind != expr::Node::Kind::name)
        return std::nullopt;
    const auto& plain = a.text.starts_with("cur.") ? b : a;
    const auto& current = a.text.starts_with("cur.") ? a : b;
    const auto field = field_named(plain.text);
    return field && *field <= Field::amount && current.text == "cur." + plain.text ? field
                                                                                   : std::nullopt;
}

} // namespace

void RulesetReader::features(const config::Value& map) {
    if (map.map().size() > k_features_max)
        map.fail("a rule set must not have more than 500 features");
    for (const auto& [name, value] : map.map()) {
        static_cast<void>(identifier(value, name, "a feature's name"));
        if (field_named(name) || name == "km" || name == "gap" ||
            name.find('-') != std::string::npos)
            value.fail("a feature cannot be named '" + name + "'");
        feature(name, value);
    }
}

void RulesetReader::feature(const std::string& name, const config::Value& value) {
    config::Reader reader(value);
    Feature made;
    made.name = name;
    aggregate(made, reader);
    window(made, reader);
    const config::Value by = reader.required("by");
    for (const std::string& key : by.as_text_list()) {
        std::vector<std::string> candidates;
        for (const Field field : k_key_fields)
            candidates.emplace_back(field_name(field));
        const auto field = field_named(key);
        if (!field ||
            std::find(k_key_fields.begin(), k_key_fields.end(), *field) == k_key_fields.end())
            reject(by,
                   "cannot group by \"" + printable(key, 60) + "\"" + suggestion(key, candidates));
        if (std::find(made.by.begin(), made.by.end(), *field) != made.by.end())
            by.fail("`by` names '" + key + "' twice");
        made.by.push_back(*field);
    }
    if (made.by.empty())
        by.fail("`by` must name at least one field");
    made.by_written = made.by.size();
    if (const auto predicate = reader.optional("where"))
        where(made, *predicate);
    const auto share_of = reader.optional("of");
    if (share_of.has_value() != (made.aggregate == Aggregate::share))
        value.fail("`of: CONDITION` is required for share and allowed nowhere else");
    if (share_of)
        made.share_of = formula(*share_of, vocabulary(false), Kind::boolean);
    made.current =
        reader.choice("current", {"include", "exclude"},
                      counts_itself(made.aggregate) ? "include" : "exclude") == "include";
    made.min_n = static_cast<std::uint32_t>(reader.integer("min_n", 0, 0, 1'000'000));
    if (made.aggregate == Aggregate::nth_last)
        static_cast<void>(reader.required("n"));
    if (made.aggregate == Aggregate::nth_last)
        made.nth = static_cast<std::uint32_t>(reader.integer("n", 1, 1, 1'000));
    reader.finish();
    made.kind = kind_of(made);
    names_.push_back({made.name, made.kind, made.of});
    feature_origins_.push_back(value.origin());
    ruleset_.features.push_back(std::move(made));
}

void RulesetReader::aggregate(Feature& feature, config::Reader& reader) {
    const AggregateName* chosen = nullptr;
    for (const AggregateName& known : k_aggregates) {
        if (!reader.has(known.name))
            continue;
        if (chosen != nullptr)
            reader.value().fail(std::string("a feature must have one aggregate, got ") +
                                chosen->name + " and " + known.name);
        chosen = &known;
    }
    if (chosen == nullptr)
        reader.value().fail("a feature must have an aggregate",
                            "Use one of count, sum, distinct, min, max, avg, stddev, share, "
                            "last, nth_last, first_at, since_last, labels, verdicts.");
    feature.aggregate = chosen->aggregate;
    const config::Value of = reader.required(chosen->name);
    const std::string text = of.as_text();
    const auto field = field_named(text);
    if (feature.aggregate == Aggregate::labels) {
        if (text != "fraud")
            of.fail("labels must be 'fraud', got '" + printable(text, 60) + "'");
    } else if (feature.aggregate == Aggregate::verdicts) {
        static const std::map<std::string, Outcome> outcomes = {{"approved", Outcome::approved},
                                                                {"review", Outcome::review},
                                                                {"declined", Outcome::declined}};
        const auto outcome = outcomes.find(text);
        if (outcome == outcomes.end())
            of.fail("verdicts must be approved, review or declined, got '" + printable(text, 60) +
                    "'");
        feature.verdict = outcome->second;
    } else if (of_rows(feature.aggregate)) {
        if (text != "txn")
            of.fail(std::string(chosen->name) + " must be 'txn', got '" + printable(text, 60) + "'",
                    "It counts rows: write `" + std::string(chosen->name) + ": txn`.");
    } else if (of_any_field(feature.aggregate) ? !field : field != Field::amount) {
        std::vector<std::string> candidates = {"amount"};
        for (std::size_t i = 0; of_any_field(feature.aggregate) && i < k_fields; ++i)
            candidates.emplace_back(field_name(static_cast<Field>(i)));
        reject(of, "unknown field \"" + printable(text, 60) + "\" for " + chosen->name +
                       suggestion(text, candidates));
    } else {
        feature.of = *field;
    }
}

void RulesetReader::window(Feature& feature, config::Reader& reader) {
    const config::Value over = reader.required("over");
    const long long length = over.as_duration_ms();
    if (length <= 0 || length > k_window_ms_max)
        over.fail("a window must be longer than 0 and at most ten years");
    feature.over_us = length * 1000;
    if (const auto lag = reader.optional("lag")) {
        const long long behind = lag->as_duration_ms();
        if (behind < 0 || behind > k_window_ms_max)
            lag->fail("a lag must be 0 to ten years");
        feature.lag_us = behind * 1000;
    }
}

void RulesetReader::where(Feature& feature, const config::Value& value) {
    feature.where_text = value.scalar();
    auto parsed = expr::parse(feature.where_text);
    if (!parsed)
        reject(value, parsed.error().detail);
    // Comparisons with the current row become part of the key; the rest is a predicate.
    std::vector<expr::Node> parts, rest;
    if (parsed->kind == expr::Node::Kind::call && parsed->text == "and")
        parts = parsed->children;
    else
        parts.push_back(*parsed);
    for (expr::Node& part : parts) {
        const auto field = compared_with_current(part);
        if (!field)
            rest.push_back(std::move(part));
        else if (std::find(feature.by.begin(), feature.by.end(), *field) == feature.by.end())
            feature.by.push_back(*field);
    }
    if (rest.empty())
        return;
    const expr::Node left = rest.size() == 1 ? rest.front() : expr::call("and", std::move(rest));
    auto compiled = compile(left, vocabulary(false));
    if (!compiled)
        reject(value, compiled.error().detail);
    if (compiled->root().kind != Kind::boolean)
        reject(value, std::string("must be a condition, got ") + kind_name(compiled->root().kind));
    mark_used(*compiled);
    compiled->source = feature.where_text;
    feature.where = std::move(*compiled);
}

} // namespace harmonia::screen

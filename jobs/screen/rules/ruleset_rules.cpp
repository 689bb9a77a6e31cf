// The `rules:` of a rule set: conditions, bands, consequences, reasons.
#include "core/base/text.hpp"
#include "core/expr/expr.hpp"
#include "jobs/screen/rules/grammar_compiler.hpp"
#include "jobs/screen/rules/ruleset_reader.hpp"

#include <algorithm>
#include <array>

namespace harmonia::screen {

namespace {

constexpr std::size_t k_reason_max = 400; // bytes: one line of a mail

} // namespace

const char* action_name(Action action) {
    constexpr std::array<const char*, 5> names = {"score", "block", "allow", "hold", "tag"};
    return names[static_cast<std::size_t>(action)];
}

void RulesetReader::rule(const config::Value& value) {
    config::Reader reader(value);
    Rule made;
    const config::Value id = reader.required("id");
    made.id = identifier(id, id.as_text(), "a rule's id");
    if (!rule_ids_.insert(made.id).second)
        id.fail("duplicate rule id '" + made.id + "'");
    condition(made, reader);
    consequence(made, reader);
    made.shadow = reader.choice("mode", {"live", "shadow"}, "live") == "shadow";
    const auto text = reader.optional("reason");
    reason(made, text ? &*text : nullptr);
    reader.finish();
    for (const FormulaNode& node : made.when.nodes)
        made.unsuppressible =
            made.unsuppressible || (made.action == Action::block && node.op == Op::in_list &&
                                    ruleset_.lists[node.index].managed);
    ruleset_.rules.push_back(std::move(made));
}

void RulesetReader::condition(Rule& rule, config::Reader& reader) {
    const auto when = reader.optional("when");
    const auto steps = reader.optional("bands");
    if (when.has_value() == steps.has_value())
        reader.value().fail("a rule must have either `when` or `bands`");
    if (when)
        rule.when = formula(*when, vocabulary(true), Kind::boolean);
    else
        bands(rule, *steps);
}

void RulesetReader::bands(Rule& rule, const config::Value& value) {
    config::Reader reader(value);
    const config::Value of = reader.required("of");
    auto measure = compile(of.scalar(), vocabulary(true));
    if (!measure)
        reject(of, measure.error().detail);
    const Kind kind = measure->root().kind;
    if (kind != Kind::number && kind != Kind::money)
        reject(of, std::string("`of` must be a number or money, got ") + kind_name(kind));
    mark_used(*measure);
    rule.when = std::move(*measure);
    const config::Value steps = reader.required("steps");
    for (const config::Value& step : steps.list()) {
        if (step.list().size() != 2)
            step.fail("a step must be [from, score]");
        // Whether `from` is money depends on what it is compared with.
        const config::Value& from = step.list()[0];
        const auto literal =
            compile((kind == Kind::money ? "amount >= " : "hour(event_time) >= ") + from.scalar(),
                    vocabulary(false));
        const FormulaNode* number = nullptr;
        if (literal && literal->root().op == Op::greater_equal)
            number = &literal->nodes[literal->argument(literal->root(), 1)];
        if (number == nullptr || number->op != Op::literal)
            from.fail("a step must start at a number");
        const long long score = step.list()[1].as_integer();
        if (score < k_score_min || score > k_score_max)
            step.list()[1].fail("a score must be -100 to 1000");
        if (!rule.bands.empty() && compare(rule.bands.back().from, number->number) >= 0)
            from.fail("steps must be in ascending order");
        rule.bands.push_back({number->number, static_cast<int>(score)});
    }
    if (rule.bands.empty())
        steps.fail("`steps` must not be empty");
    reader.finish();
}

void RulesetReader::consequence(Rule& rule, config::Reader& reader) {
    static const std::vector<std::string> actions = {"block", "allow", "hold", "tag"};
    const auto action = reader.optional("action");
    const auto score = reader.optional("score");
    const int consequences = (action ? 1 : 0) + (score ? 1 : 0) + (rule.bands.empty() ? 0 : 1);
    if (consequences != 1)
        reader.value().fail("a rule must have exactly one of `action`, `score` and `bands`");
    if (action) {
        const std::string name = reader.choice("action", actions, {});
        rule.action = static_cast<Action>(
            1 + (std::find(actions.begin(), actions.end(), name) - actions.begin()));
    }
    rule.score = static_cast<int>(reader.integer("score", 0, k_score_min, k_score_max));
    if (const auto group = reader.optional("group")) {
        const std::string name = group->as_text();
        std::vector<std::string> known;
        for (const Group& each : ruleset_.groups)
            known.push_back(each.name);
        const auto found = std::find(known.begin(), known.end(), name);
        if (found == known.end())
            reject(*group,
                   "unknown group \"" + printable(name, 60) + "\"" + suggestion(name, known));
        if (action)
            group->fail("a rule with an action has no score to group");
        rule.group = static_cast<int>(found - known.begin());
    }
    const auto tag = reader.optional("tag");
    if (tag.has_value() != (rule.action == Action::tag))
        reader.value().fail("`tag: NAME` is required for `action: tag` and allowed nowhere else");
    if (!tag)
        return;
    const std::string name = identifier(*tag, tag->as_text(), "a tag's name");
    const auto found = std::find(ruleset_.tags.begin(), ruleset_.tags.end(), name);
    rule.tag = static_cast<std::int32_t>(found - ruleset_.tags.begin());
    if (found == ruleset_.tags.end())
        ruleset_.tags.push_back(name);
}

void RulesetReader::reason(Rule& rule, const config::Value* value) {
    if (value == nullptr) {
        rule.reason.texts.push_back(rule.id);
        return;
    }
    std::string_view rest = value->scalar();
    if (rest.size() > k_reason_max)
        value->fail("a reason must not exceed 400 bytes");
    while (true) {
        const std::size_t open = rest.find('{');
        rule.reason.texts.emplace_back(rest.substr(0, open));
        if (open == std::string_view::npos)
            return;
        const std::size_t close = rest.find('}', open);
        if (close == std::string_view::npos)
            value->fail("'{' without '}'");
        auto compiled =
            compile(std::string(rest.substr(open + 1, close - open - 1)), vocabulary(true));
        if (!compiled) {
            const std::string& detail = compiled.error().detail;
            reject(*value, detail.substr(std::min(detail.size(), detail.find(": ") + 2)));
        }
        if (compiled->root().kind == Kind::spread)
            value->fail("a standard deviation cannot be printed exactly");
        mark_used(*compiled);
        rule.reason.values.push_back(std::move(*compiled));
        rest.remove_prefix(close + 1);
    }
}

} // namespace harmonia::screen

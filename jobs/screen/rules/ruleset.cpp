#include "jobs/screen/rules/ruleset.hpp"

#include "core/base/error.hpp"
#include "core/base/hash.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "core/expr/json.hpp"
#include "core/json/writer.hpp"
#include "core/money/currency.hpp"
#include "jobs/screen/rules/grammar_compiler.hpp"
#include "jobs/screen/rules/ruleset_reader.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace harmonia::screen {

namespace {

bool is_word(char c, bool first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && ((c >= '0' && c <= '9') || c == '-'));
}

void append_canonical(std::string& json, const config::Value& value) {
    using Kind = config::Value::Kind;
    if (value.kind() == Kind::null) {
        json += "null";
    } else if (value.kind() == Kind::scalar) {
        json::append_string(json, value.scalar());
    } else if (value.kind() == Kind::list) {
        json += '[';
        for (const config::Value& item : value.list()) {
            json += json.back() == '[' ? "" : ",";
            append_canonical(json, item);
        }
        json += ']';
    } else {
        auto entries = value.map();
        std::sort(entries.begin(), entries.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
        json += '{';
        for (const auto& [key, member] : entries) {
            json += json.back() == '{' ? "" : ",";
            json::append_string(json, key);
            json += ':';
            append_canonical(json, member);
        }
        json += '}';
    }
}

} // namespace

std::string canonical_json(const config::Value& value) {
    std::string json;
    append_canonical(json, value);
    return json;
}

Ruleset Ruleset::parse(std::string_view yaml, const std::string& file) {
    if (yaml.size() > k_ruleset_bytes_max)
        throw Error(Exit::config, file + ": a rule set must not exceed 1 MiB");
    const config::Value document = config::parse(yaml, file);
    Ruleset ruleset;
    RulesetReader(ruleset, file).read(document);
    ruleset.canonical = canonical_json(document);
    ruleset.digest = sha256_hex(ruleset.canonical);
    return ruleset;
}

void RulesetReader::read(const config::Value& document) {
    config::Reader top(document);
    head(top);
    if (const auto value = top.optional("groups"))
        groups(*value);
    if (const auto value = top.optional("lists"))
        lists(*value);
    if (const auto value = top.optional("applies_to"))
        ruleset_.applies_to = formula(*value, vocabulary(false), Kind::boolean);
    if (const auto value = top.optional("features"))
        features(*value);
    const config::Value rules = top.required("rules");
    if (rules.list().empty() || rules.list().size() > k_rules_max)
        rules.fail("a rule set must have 1 to 2,000 rules");
    for (const config::Value& value : rules.list())
        rule(value);
    if (const auto value = top.optional("alerts"))
        alerts(*value);
    top.finish();
    warn_unused();
}

void RulesetReader::head(config::Reader& top) {
    const config::Value grammar = top.required("harmonia_rules");
    if (grammar.as_integer() != 1)
        grammar.fail("harmonia_rules must be 1, got '" + printable(grammar.as_text(), 20) + "'",
                     "This program supports version 1 of the language.");
    const config::Value name = top.required("ruleset");
    ruleset_.name = identifier(name, name.as_text(), "a rule set's name");
    const config::Value currency = top.required("base_currency");
    ruleset_.base_currency = currency.as_text();
    const auto exponent = money::exponent_of(ruleset_.base_currency);
    if (!exponent)
        currency.fail("base_currency must be an ISO 4217 code, got '" +
                      printable(ruleset_.base_currency, 20) + "'");
    ruleset_.exponent = *exponent;
    const auto zone = top.optional("timezone");
    ruleset_.zone = time::Zone::find(zone ? zone->as_text() : "UTC");
    if (ruleset_.zone == nullptr)
        zone->fail("unknown time zone '" + printable(zone->as_text(), 60) + "'",
                   "Use a name of the IANA database, such as Europe/Berlin.");
    const config::Value thresholds = top.required("thresholds");
    config::Reader reader(thresholds);
    static_cast<void>(reader.required("review"));
    static_cast<void>(reader.required("decline"));
    ruleset_.review_at = static_cast<int>(reader.integer("review", 0, 0, k_score_max));
    ruleset_.decline_at = static_cast<int>(reader.integer("decline", 0, 0, k_score_max));
    reader.finish();
    if (ruleset_.review_at > ruleset_.decline_at)
        thresholds.fail("the review threshold must not exceed the decline threshold");
}

void RulesetReader::groups(const config::Value& map) {
    for (const auto& [name, value] : map.map()) {
        const long long cap = value.as_integer();
        if (cap < 0 || cap > k_score_max)
            value.fail("a group's cap must be 0 to 1000");
        ruleset_.groups.push_back(
            {identifier(value, name, "a group's name"), static_cast<int>(cap)});
    }
}

void RulesetReader::lists(const config::Value& map) {
    for (const auto& [name, value] : map.map())
        list(identifier(value, name, "a list's name"), value);
}

void RulesetReader::list(const std::string& name, const config::Value& value) {
    config::Reader reader(value);
    List made;
    made.name = name;
    std::vector<std::string> keys = {"country", "text", "bin"};
    for (std::size_t i = 0; i < k_text_fields; ++i)
        keys.emplace_back(field_name(static_cast<Field>(i)));
    static_cast<void>(reader.required("key"));
    made.key = reader.choice("key", keys, {});
    made.managed = reader.boolean("managed", false);
    const auto values = reader.optional("values");
    reader.finish();
    if (made.managed == values.has_value())
        value.fail("a list must either be managed or have values");
    if (values)
        made.values = values->as_text_list();
    if (values && made.key == "card")
        values->fail("a rule set must not hold cards",
                     "Make the list `managed: true` and add cards with `screen lists add`.");
    list_names_.push_back({made.name, made.key});
    list_origins_.push_back(value.origin());
    ruleset_.lists.push_back(std::move(made));
}

void RulesetReader::alerts(const config::Value& map) {
    constexpr std::array outcomes = {Outcome::declined, Outcome::review, Outcome::approved};
    const std::vector<std::string> labels = {"kind", "outcome",  "ruleset",  "rule",
                                             "card", "customer", "merchant", "queue"};
    config::Reader reader(map);
    for (const Outcome outcome : outcomes) {
        const auto value = reader.optional(outcome_name(outcome));
        if (!value)
            continue;
        config::Reader entry(*value);
        AlertRule made{outcome, {}, {"kind", "ruleset"}};
        static_cast<void>(entry.required("severity"));
        made.severity = entry.choice("severity", {"critical", "warning", "info"}, {});
        if (const auto group_by = entry.optional("group_by")) {
            made.group_by = group_by->as_text_list();
            for (const std::string& label : made.group_by)
                if (std::find(labels.begin(), labels.end(), label) == labels.end())
                    group_by->fail("unknown label '" + printable(label, 60) + "'" +
                                   suggestion(label, labels));
        }
        entry.finish();
        ruleset_.alerts.push_back(std::move(made));
    }
    reader.finish();
}

void RulesetReader::warn_unused() {
    for (std::uint16_t i = 0; i < ruleset_.features.size(); ++i)
        if (!features_used_.contains(i))
            ruleset_.warnings.push_back(feature_origins_[i].text() + ": feature \"" +
                                        ruleset_.features[i].name + "\" is never used");
    for (std::uint16_t i = 0; i < ruleset_.lists.size(); ++i)
        if (!lists_used_.contains(i))
            ruleset_.warnings.push_back(list_origins_[i].text() + ": list \"" +
                                        ruleset_.lists[i].name + "\" is never used");
}

Vocabulary RulesetReader::vocabulary(bool with_features) const {
    Vocabulary known;
    known.features = with_features ? &names_ : nullptr;
    known.lists = &list_names_;
    known.tags = with_features ? &ruleset_.tags : nullptr;
    known.exponent = ruleset_.exponent;
    return known;
}

Formula RulesetReader::formula(const config::Value& value, const Vocabulary& known, Kind wanted) {
    auto compiled = compile(value.scalar(), known);
    if (!compiled)
        reject(value, compiled.error().detail);
    if (compiled->root().kind != wanted)
        reject(value, std::string("must be ") + kind_name(wanted) + ", got " +
                          kind_name(compiled->root().kind));
    mark_used(*compiled);
    return std::move(*compiled);
}

void RulesetReader::mark_used(const Formula& formula) {
    for (const FormulaNode& node : formula.nodes) {
        if (node.op == Op::feature)
            features_used_.insert(node.index);
        if (node.op == Op::in_list)
            lists_used_.insert(node.index);
        if (node.op == Op::speed || node.op == Op::distance || node.op == Op::gap)
            ruleset_.travels = true;
    }
}

void RulesetReader::reject(const config::Value& value, const std::string& detail) const {
    config::Origin origin = value.origin();
    int numbers[2] = {1, 1};
    const char* at = detail.data();
    const char* const end = at + detail.size();
    bool placed = true;
    for (int& number : numbers) {
        const auto read = std::from_chars(at, end, number);
        placed = placed && read.ec == std::errc() && read.ptr != end && *read.ptr == ':';
        at = read.ptr + (placed ? 1 : 0);
    }
    if (placed && numbers[0] == 1)
        origin.column += numbers[1] - 1 + (value.quoted() ? 1 : 0);
    else if (placed)
        origin.line += numbers[0] - 1; // a folded scalar: the line is close, the column unknown
    const std::string message = placed ? std::string(at + 1, end) : detail;
    throw Error(Exit::config, origin.text() + ": " + message);
}

std::string RulesetReader::identifier(const config::Value& value, const std::string& text,
                                      const char* what) const {
    bool good = !text.empty() && text.size() <= 64;
    for (std::size_t i = 0; good && i < text.size(); ++i)
        good = is_word(text[i], i == 0);
    if (!good)
        value.fail(std::string(what) + " must be an identifier, got '" + printable(text, 70) + "'",
                   "Use at most 64 letters, digits, _ and -, starting with a letter or _.");
    return text;
}

} // namespace harmonia::screen

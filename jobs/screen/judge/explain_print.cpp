// Explanations as text and as JSON.
#include "core/expr/json.hpp"
#include "core/json/writer.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/judge/explain_text.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

using Truth = Explanation::Truth;

// `2026-03-04T10:09:59Z`, with microseconds if there are any.
std::string moment(std::int64_t us) {
    std::string text = time::print_utc(us);
    if (us % time::k_second_us == 0)
        text.erase(text.find('.'), 7);
    return text;
}

std::string padded(std::string text, std::size_t width) {
    const auto columns = static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    if (columns < width)
        text.append(width - columns, ' ');
    return text;
}

std::string feature_text(const Explanation::FeatureLine& line) {
    std::string text = "  " + line.name + " = " + line.value + "   [" + moment(line.from_us) +
                       " … " + moment(line.until_us) + "]  " + std::to_string(line.rows) +
                       (line.rows == 1 ? " row" : " rows");
    for (const std::int64_t id : line.contributing)
        text += " " + std::to_string(id);
    return text + "\n";
}

std::string rule_text(const Explanation::RuleLine& line, std::size_t width) {
    const bool hit = line.truth == Truth::yes;
    std::string effect = line.action;
    if (line.action == "score")
        effect = hit ? std::to_string(line.score) : "";
    std::string text = padded(hit                       ? "  HIT"
                              : line.truth == Truth::no ? "  miss"
                                                        : "  ?",
                              8) +
                       padded(line.id, width + 2) + padded(effect, 6) + padded(line.group, 11) +
                       line.filled;
    if (hit && !line.reason.empty())
        text += "   \"" + line.reason + "\"";
    if (line.mode == "shadow")
        text += "   (shadow)";
    if (!line.suppressed_by.empty())
        text += "   (suppressed by " + line.suppressed_by + ")";
    return text + "\n";
}

std::string score_text(const Explanation& explanation, const Ruleset& ruleset) {
    std::string text = "score: ";
    bool first = true;
    for (const Explanation::GroupLine& group : explanation.groups) {
        text += first ? "" : " + ";
        first = false;
        if (group.name.empty())
            text += "ungrouped " + std::to_string(group.sum);
        else
            text += group.name + " min(" + std::to_string(group.cap) + ", " +
                    std::to_string(group.sum) + ")";
    }
    const int score = explanation.judgement.score;
    const std::string number = std::to_string(score);
    text += (first ? "" : " = ") + number + "   ";
    const auto against = [&](int threshold, const char* name) {
        return number + (score >= threshold ? " ≥ " : " < ") + std::to_string(threshold) + " " +
               name;
    };
    return text + against(ruleset.review_at, "review") + ", " +
           against(ruleset.decline_at, "decline") + "\n";
}

const char* truth_name(Truth truth) {
    return truth == Truth::yes ? "hit" : truth == Truth::no ? "miss" : "unknown";
}

void put_features(json::Writer& json, const Explanation& explanation) {
    json.key("features").open('[');
    for (const auto& line : explanation.features) {
        json.open('{');
        json.member("name", line.name);
        if (line.value == "missing")
            json.key("value").null();
        else
            json.member("value", line.value);
        json.member("from", time::print_utc(line.from_us));
        json.member("until", time::print_utc(line.until_us));
        json.member("rows", line.rows);
        json.key("contributing").open('[');
        for (const std::int64_t id : line.contributing)
            json.number(id);
        json.close(']').close('}');
    }
    json.close(']');
}

void put_rules(json::Writer& json, const Explanation& explanation) {
    json.key("rules").open('[');
    for (const auto& line : explanation.rules) {
        json.open('{');
        json.member("id", line.id);
        json.member("result", truth_name(line.truth));
        json.member("action", line.action);
        json.member("score", line.score);
        json.member("group", line.group);
        json.member("mode", line.mode);
        json.member("suppressed_by", line.suppressed_by);
        json.member("values", line.filled);
        json.member("reason", line.reason);
        json.close('}');
    }
    json.close(']');
}

} // namespace

std::string print_explanation(const Explanation& explanation, const Ruleset& ruleset) {
    std::string text;
    for (const Explanation::FeatureLine& line : explanation.features)
        text += feature_text(line);
    std::size_t width = 0;
    for (const Explanation::RuleLine& line : explanation.rules)
        width = std::max(width, line.id.size());
    for (const Explanation::RuleLine& line : explanation.rules)
        text += rule_text(line, width);
    if (explanation.in_scope)
        text += score_text(explanation, ruleset);
    text += std::string("outcome: ") + outcome_name(explanation.judgement.outcome) + " (" +
            explanation.judgement.decided_by + ")";
    if (!explanation.judgement.override_text.empty())
        text += ", overriding " + explanation.judgement.override_text;
    return text + "\n";
}

std::string explanation_json(const Explanation& explanation, const Ruleset& ruleset) {
    json::Writer json;
    json.open('{');
    json.member("ruleset", ruleset.name);
    json.member("ruleset_digest", ruleset.digest);
    json.member("in_scope", explanation.in_scope);
    put_features(json, explanation);
    put_rules(json, explanation);
    json.key("groups").open('[');
    for (const auto& group : explanation.groups) {
        json.open('{').key("name").string(group.name);
        json.member("cap", group.cap);
        json.member("sum", group.sum);
        json.member("counted", group.counted);
        json.close('}');
    }
    json.close(']');
    const Judgement& judgement = explanation.judgement;
    json.member("score", judgement.score);
    json.member("outcome", outcome_name(judgement.outcome));
    json.member("decided_by", judgement.decided_by);
    json.member("override", judgement.override_text);
    json.key("digest").string(
        hex({reinterpret_cast<const char*>(judgement.digest.data()), judgement.digest.size()}));
    return json.close('}').take();
}

} // namespace harmonia::screen

#include "core/base/json_text.hpp"
#include "core/expr/json.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/explain_text.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

using Truth = Explanation::Truth;

// `2026-03-04T10:09:59Z`; with microseconds when there are any.
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

std::string score_text(const Explanation& told, const Ruleset& ruleset) {
    std::string text = "score: ";
    bool first = true;
    for (const Explanation::GroupLine& group : told.groups) {
        text += first ? "" : " + ";
        first = false;
        if (group.name.empty())
            text += "ungrouped " + std::to_string(group.sum);
        else
            text += group.name + " min(" + std::to_string(group.cap) + ", " +
                    std::to_string(group.sum) + ")";
    }
    const int score = told.judgement.score;
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

void put_features(JsonText& json, const Explanation& told) {
    json.key("features").open('[');
    for (const auto& line : told.features) {
        json.open('{');
        json.key("name").text(line.name);
        if (line.value == "missing")
            json.key("value").raw("null");
        else
            json.key("value").text(line.value);
        json.key("from").text(time::print_utc(line.from_us));
        json.key("until").text(time::print_utc(line.until_us));
        json.key("rows").raw(std::to_string(line.rows));
        json.key("contributing").open('[');
        for (const std::int64_t id : line.contributing)
            json.raw(std::to_string(id));
        json.close(']').close('}');
    }
    json.close(']');
}

void put_rules(JsonText& json, const Explanation& told) {
    json.key("rules").open('[');
    for (const auto& line : told.rules) {
        json.open('{');
        json.key("id").text(line.id);
        json.key("result").text(truth_name(line.truth));
        json.key("action").text(line.action);
        json.key("score").raw(std::to_string(line.score));
        json.key("group").text(line.group);
        json.key("mode").text(line.mode);
        json.key("suppressed_by").text(line.suppressed_by);
        json.key("values").text(line.filled);
        json.key("reason").text(line.reason);
        json.close('}');
    }
    json.close(']');
}

} // namespace

std::string print_explanation(const Explanation& told, const Ruleset& ruleset) {
    std::string text;
    for (const Explanation::FeatureLine& line : told.features)
        text += feature_text(line);
    std::size_t width = 0;
    for (const Explanation::RuleLine& line : told.rules)
        width = std::max(width, line.id.size());
    for (const Explanation::RuleLine& line : told.rules)
        text += rule_text(line, width);
    if (told.in_scope)
        text += score_text(told, ruleset);
    text += std::string("outcome: ") + outcome_name(told.judgement.outcome) + " (" +
            told.judgement.decided_by + ")";
    if (!told.judgement.override_text.empty())
        text += ", overriding " + told.judgement.override_text;
    return text + "\n";
}

std::string explanation_json(const Explanation& told, const Ruleset& ruleset) {
    JsonText json;
    json.open('{');
    json.key("ruleset").text(ruleset.name);
    json.key("ruleset_digest").text(ruleset.digest);
    json.key("in_scope").raw(told.in_scope ? "true" : "false");
    put_features(json, told);
    put_rules(json, told);
    json.key("groups").open('[');
    for (const auto& group : told.groups) {
        json.open('{').key("name").text(group.name);
        json.key("cap").raw(std::to_string(group.cap));
        json.key("sum").raw(std::to_string(group.sum));
        json.key("counted").raw(std::to_string(group.counted));
        json.close('}');
    }
    json.close(']');
    const Judgement& judgement = told.judgement;
    json.key("score").raw(std::to_string(judgement.score));
    json.key("outcome").text(outcome_name(judgement.outcome));
    json.key("decided_by").text(judgement.decided_by);
    json.key("override").text(judgement.override_text);
    json.key("digest").text(
        hex({reinterpret_cast<const char*>(judgement.digest.data()), judgement.digest.size()}));
    return json.close('}').take();
}

} // namespace harmonia::screen

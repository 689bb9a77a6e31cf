#include "jobs/screen/report.hpp"

#include "core/base/json_text.hpp"
#include "core/expr/json.hpp"
#include "core/time/civil.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {

namespace {

constexpr std::array k_outcomes = {Outcome::approved, Outcome::review, Outcome::declined};
constexpr std::size_t k_overlaps_shown = 20; // the largest; JSON has them all

std::string money(Int128 minor, const BacktestReport& report) {
    Int128 unit = 1;
    for (int i = 0; i < report.exponent; ++i)
        unit *= 10;
    return print(Number{minor, unit}, report.exponent);
}

std::string count(std::uint64_t number) {
    return std::to_string(number);
}

std::string quoted(const std::string& text) {
    std::string json;
    append_json(json, text);
    return json;
}

std::string ratio_json(const std::optional<Number>& ratio) {
    return ratio ? print(*ratio, 6) : "null";
}

std::string rules_text(const BacktestReport& report) {
    std::size_t width = 4;
    for (const RuleReport& rule : report.rules)
        width = std::max(width, rule.id.size());
    std::string text =
        fmt::format("{:<{}} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "rule", width, "hits",
                    "TP", "FP", "only it", "precision", "unknown", "suppressed");
    for (const RuleReport& rule : report.rules) {
        const auto precision =
            rule.hits == 0 ? std::nullopt : std::optional(Number{rule.true_positive, rule.hits});
        text += fmt::format("{:<{}} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}{}\n", rule.id, width,
                            rule.hits, rule.true_positive, rule.false_positive,
                            rule.unique_true_positive, ratio_text(precision), rule.unknown,
                            rule.suppressed, rule.shadow ? "  shadow" : "");
    }
    return text;
}

std::string overlap_text(const BacktestReport& report) {
    std::vector<std::pair<std::uint64_t, std::string>> largest;
    for (const auto& [pair, rows] : report.overlap)
        largest.push_back({rows, pair.first + " and " + pair.second});
    const auto before = [](const auto& a, const auto& b) {
        return a.first != b.first ? a.first > b.first : a.second < b.second;
    };
    std::sort(largest.begin(), largest.end(), before);
    std::string text;
    for (std::size_t i = 0; i < std::min(largest.size(), k_overlaps_shown); ++i)
        text += fmt::format("{:>9}  {}\n", largest[i].first, largest[i].second);
    return text.empty() ? text : "rows that two rules hit\n" + text;
}

std::string weeks_text(const BacktestReport& report) {
    std::string text = "week of         rows    frauds  positive        TP\n";
    for (const WeekReport& week : report.weeks)
        text += fmt::format("{:<10} {:>9} {:>9} {:>9} {:>9}\n", time::print_date(week.monday),
                            week.rows, week.frauds, week.positives, week.true_positive);
    return text;
}

std::string tally_json(const Tally& tally) {
    return "{\"rows\":" + count(tally.rows) + ",\"minor\":" + print(tally.money) + "}";
}

std::string confusion_json(const Confusion& all) {
    return ",\"true_positive\":" + tally_json(all.true_positive) +
           ",\"false_positive\":" + tally_json(all.false_positive) +
           ",\"false_negative\":" + tally_json(all.false_negative) +
           ",\"true_negative\":" + tally_json(all.true_negative) +
           ",\"precision\":" + ratio_json(all.precision()) +
           ",\"recall\":" + ratio_json(all.recall()) + ",\"f1\":" + ratio_json(all.f1()) +
           ",\"alert_rate\":" + ratio_json(all.alert_rate()) +
           ",\"false_per_true\":" + ratio_json(all.false_per_true()) +
           ",\"value_precision\":" + ratio_json(all.value_precision()) +
           ",\"value_recall\":" + ratio_json(all.value_recall());
}

std::string rules_json(const BacktestReport& report) {
    std::string json = "[";
    for (const RuleReport& rule : report.rules)
        json +=
            std::string(json.size() == 1 ? "" : ",") + "{\"id\":" + quoted(rule.id) +
            ",\"shadow\":" + (rule.shadow ? "true" : "false") + ",\"hits\":" + count(rule.hits) +
            ",\"true_positive\":" + count(rule.true_positive) +
            ",\"false_positive\":" + count(rule.false_positive) +
            ",\"unique_true_positive\":" + count(rule.unique_true_positive) +
            ",\"suppressed\":" + count(rule.suppressed) + ",\"unknown\":" + count(rule.unknown) +
            ",\"minor_caught\":" + print(rule.money_caught) + "}";
    return json + "]";
}

std::string overlap_json(const BacktestReport& report) {
    std::string json = "[";
    for (const auto& [pair, rows] : report.overlap)
        json += std::string(json.size() == 1 ? "" : ",") + "{\"rules\":[" + quoted(pair.first) +
                "," + quoted(pair.second) + "],\"rows\":" + count(rows) + "}";
    return json + "]";
}

std::string weeks_json(const BacktestReport& report) {
    std::string json = "[";
    for (const WeekReport& week : report.weeks)
        json += std::string(json.size() == 1 ? "" : ",") +
                "{\"monday\":" + quoted(time::print_date(week.monday)) +
                ",\"rows\":" + count(week.rows) + ",\"frauds\":" + count(week.frauds) +
                ",\"positives\":" + count(week.positives) +
                ",\"true_positive\":" + count(week.true_positive) + "}";
    return json + "]";
}

} // namespace

std::string ratio_text(const std::optional<Number>& ratio) {
    return ratio ? print(*ratio, 4) : "-";
}

std::string print_backtest(const BacktestReport& report) {
    const Confusion& all = report.all;
    std::string text =
        fmt::format("back-test of {} {}: {} rows, {} before or after\n", report.ruleset,
                    report.digest.substr(0, 12), all.rows() + report.young, report.warm_up);
    text += fmt::format("outcomes: approved {}, review {}, declined {}\n", report.outcomes[1],
                        report.outcomes[2], report.outcomes[3]);
    text += fmt::format("{:<22} {:>12} {:>12}\n", "", "fraud", "genuine");
    text += fmt::format("{:<22} {:>12} {:>12}\n", "predicted fraud", all.true_positive.rows,
                        all.false_positive.rows);
    text += fmt::format("{:<22} {:>12} {:>12}\n", "predicted genuine", all.false_negative.rows,
                        all.true_negative.rows);
    text += fmt::format("precision {}  recall {}  F1 {}  alert rate {}  FP per TP {}\n",
                        ratio_text(all.precision()), ratio_text(all.recall()), ratio_text(all.f1()),
                        ratio_text(all.alert_rate()), ratio_text(all.false_per_true()));
    text += fmt::format("by value: {} {} of fraud caught, {} lost; precision {}  recall {}\n",
                        money(all.true_positive.money, report), report.base_currency,
                        money(all.false_negative.money, report), ratio_text(all.value_precision()),
                        ratio_text(all.value_recall()));
    if (report.young > 0)
        text += fmt::format("too young to tell: {} rows, {} of them predicted fraud\n",
                            report.young, report.young_positive);
    text += "\n" + rules_text(report) + "\n";
    if (const std::string overlap = overlap_text(report); !overlap.empty())
        text += overlap + "\n";
    text += weeks_text(report);
    if (report.changes)
        text += "\n" + print_changes(*report.changes);
    return text + "\ngate " + (report.gate_passed ? "passed" : "failed") + ": " + report.gate_text +
           "\n";
}

std::string backtest_json(const BacktestReport& report) {
    std::string json = "{\"ruleset\":" + quoted(report.ruleset) +
                       ",\"digest\":" + quoted(report.digest) +
                       ",\"currency\":" + quoted(report.base_currency) + ",\"outcomes\":{";
    for (const Outcome outcome : k_outcomes)
        json += (outcome == Outcome::approved ? "" : ",") + quoted(outcome_name(outcome)) + ":" +
                count(report.outcomes[static_cast<std::size_t>(outcome)]);
    json += "}" + confusion_json(report.all) + ",\"young\":" + count(report.young) +
            ",\"young_positive\":" + count(report.young_positive) +
            ",\"warm_up\":" + count(report.warm_up) + ",\"rules\":" + rules_json(report) +
            ",\"overlap\":" + overlap_json(report) + ",\"weeks\":" + weeks_json(report);
    if (report.changes)
        json += ",\"changes\":" + changes_json(*report.changes);
    return json + ",\"gate\":{\"passed\":" + (report.gate_passed ? "true" : "false") +
           ",\"why\":" + quoted(report.gate_text) + "}}";
}

std::string print_changes(const Changes& changes) {
    std::string text =
        fmt::format("{:<10} {:>12} {:>12} {:>12}\n", "was / is", "approved", "review", "declined");
    for (const Outcome before : k_outcomes) {
        const auto& row = changes.outcomes[static_cast<std::size_t>(before)];
        text += fmt::format("{:<10} {:>12} {:>12} {:>12}\n", outcome_name(before), row[1], row[2],
                            row[3]);
    }
    for (const auto& [rule, hits] : changes.hits)
        if (hits.first != hits.second)
            text += fmt::format("{}: {} hits, were {}\n", rule, hits.second, hits.first);
    return text;
}

std::string changes_json(const Changes& changes) {
    std::string json = "{\"outcomes\":{";
    for (const Outcome before : k_outcomes) {
        json += std::string(before == Outcome::approved ? "" : ",") + quoted(outcome_name(before)) +
                ":{";
        for (const Outcome after : k_outcomes)
            json += std::string(after == Outcome::approved ? "" : ",") +
                    quoted(outcome_name(after)) + ":" +
                    count(changes.outcomes[static_cast<std::size_t>(before)]
                                          [static_cast<std::size_t>(after)]);
        json += "}";
    }
    json += "},\"hits\":[";
    for (const auto& [rule, hits] : changes.hits)
        json += std::string(json.back() == '[' ? "" : ",") + "{\"rule\":" + quoted(rule) +
                ",\"before\":" + count(hits.first) + ",\"after\":" + count(hits.second) + "}";
    return json + "]}";
}

} // namespace harmonia::screen

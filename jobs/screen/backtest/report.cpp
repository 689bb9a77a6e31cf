#include "jobs/screen/backtest/report.hpp"

#include "core/json/writer.hpp"
#include "core/time/civil.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {

namespace {

constexpr std::array k_outcomes = {Outcome::approved, Outcome::review, Outcome::declined};
constexpr std::size_t k_overlaps_shown = 20; // the largest; JSON has all

std::string money(Int128 minor, const BacktestReport& report) {
    Int128 unit = 1;
    for (int i = 0; i < report.exponent; ++i)
        unit *= 10;
    return print(Rational{minor, unit}, report.exponent);
}

/// Six decimals; null where the denominator is 0.
void put_ratio(json::Writer& out, const char* key, const std::optional<Rational>& ratio) {
    out.key(key);
    if (ratio)
        out.raw(print(*ratio, 6));
    else
        out.null();
}

std::string rules_text(const BacktestReport& report) {
    std::size_t width = 4;
    for (const RuleReport& rule : report.rules)
        width = std::max(width, rule.id.size());
    std::string text =
        fmt::format("{:<{}} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}\n", "rule", width, "hits",
                    "TP", "FP", "unique", "precision", "unknown", "suppressed");
    for (const RuleReport& rule : report.rules) {
        const auto precision =
            rule.hits == 0 ? std::nullopt : std::optional(Rational{rule.true_positive, rule.hits});
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

void put_tally(json::Writer& out, const char* key, const Tally& tally) {
    out.key(key).open('{').member("rows", tally.rows);
    out.key("minor").raw(print(tally.money)).close('}');
}

void put_confusion(json::Writer& out, const Confusion& all) {
    put_tally(out, "true_positive", all.true_positive);
    put_tally(out, "false_positive", all.false_positive);
    put_tally(out, "false_negative", all.false_negative);
    put_tally(out, "true_negative", all.true_negative);
    put_ratio(out, "precision", all.precision());
    put_ratio(out, "recall", all.recall());
    put_ratio(out, "f1", all.f1());
    put_ratio(out, "alert_rate", all.alert_rate());
    put_ratio(out, "false_per_true", all.false_per_true());
    put_ratio(out, "value_precision", all.value_precision());
    put_ratio(out, "value_recall", all.value_recall());
}

void put_rules(json::Writer& out, const BacktestReport& report) {
    out.key("rules").open('[');
    for (const RuleReport& rule : report.rules) {
        out.open('{').member("id", rule.id).member("shadow", rule.shadow);
        out.member("hits", rule.hits).member("true_positive", rule.true_positive);
        out.member("false_positive", rule.false_positive);
        out.member("unique_true_positive", rule.unique_true_positive);
        out.member("suppressed", rule.suppressed).member("unknown", rule.unknown);
        out.key("minor_caught").raw(print(rule.money_caught)).close('}');
    }
    out.close(']');
}

void put_overlap(json::Writer& out, const BacktestReport& report) {
    out.key("overlap").open('[');
    for (const auto& [pair, rows] : report.overlap) {
        out.open('{').key("rules").open('[').string(pair.first).string(pair.second).close(']');
        out.member("rows", rows).close('}');
    }
    out.close(']');
}

void put_weeks(json::Writer& out, const BacktestReport& report) {
    out.key("weeks").open('[');
    for (const WeekReport& week : report.weeks) {
        out.open('{').member("monday", time::print_date(week.monday));
        out.member("rows", week.rows).member("frauds", week.frauds);
        out.member("positives", week.positives).member("true_positive", week.true_positive);
        out.close('}');
    }
    out.close(']');
}

void put_changes(json::Writer& out, const Changes& changes) {
    out.open('{').key("outcomes").open('{');
    for (const Outcome before : k_outcomes) {
        out.key(outcome_name(before)).open('{');
        for (const Outcome after : k_outcomes)
            out.member(outcome_name(after), changes.outcomes[static_cast<std::size_t>(before)]
                                                            [static_cast<std::size_t>(after)]);
        out.close('}');
    }
    out.close('}').key("hits").open('[');
    for (const auto& [rule, hits] : changes.hits) {
        out.open('{').member("rule", rule);
        out.member("before", hits.first).member("after", hits.second).close('}');
    }
    out.close(']').close('}');
}

} // namespace

std::string ratio_text(const std::optional<Rational>& ratio) {
    return ratio ? print(*ratio, 4) : "-";
}

std::string print_backtest(const BacktestReport& report) {
    const Confusion& all = report.all;
    std::string text =
        fmt::format("back-test of {} {}: {} rows, {} outside the period\n", report.ruleset,
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
        text += fmt::format("unlabelled, not mature: {} rows, {} of them predicted fraud\n",
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
    json::Writer out;
    out.open('{').member("ruleset", report.ruleset).member("digest", report.digest);
    out.member("currency", report.base_currency).key("outcomes").open('{');
    for (const Outcome outcome : k_outcomes)
        out.member(outcome_name(outcome), report.outcomes[static_cast<std::size_t>(outcome)]);
    out.close('}');
    put_confusion(out, report.all);
    out.member("young", report.young).member("young_positive", report.young_positive);
    out.member("warm_up", report.warm_up);
    put_rules(out, report);
    put_overlap(out, report);
    put_weeks(out, report);
    if (report.changes) {
        out.key("changes");
        put_changes(out, *report.changes);
    }
    out.key("gate").open('{').member("passed", report.gate_passed);
    return out.member("why", report.gate_text).close('}').close('}').take();
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
    json::Writer out;
    put_changes(out, changes);
    return out.take();
}

} // namespace harmonia::screen

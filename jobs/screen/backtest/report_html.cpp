// A back-test as a page of HTML, with charts drawn in SVG.
#include "core/expr/template.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/backtest/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {

namespace {

using expr::html_escaped;

// Charts are drawn in whole units of this box.
constexpr std::uint64_t k_width = 720;
constexpr std::uint64_t k_height = 160;
constexpr std::size_t k_rules_drawn = 40;

std::string cells(std::initializer_list<std::string> texts) {
    std::string row = "<tr>";
    for (const std::string& text : texts)
        row += "<td>" + html_escaped(text) + "</td>";
    return row + "</tr>\n";
}

// Frauds per week as pale bars, and the caught ones among them as dark bars.
std::string weeks_chart(const BacktestReport& report) {
    if (report.weeks.empty())
        return {};
    std::uint64_t highest = 1;
    for (const WeekReport& week : report.weeks)
        highest = std::max(highest, week.frauds);
    const std::uint64_t step = std::max<std::uint64_t>(1, k_width / report.weeks.size());
    std::string svg = fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"frauds per "
                                  "week, and those caught\">\n",
                                  step * report.weeks.size(), k_height);
    for (std::size_t i = 0; i < report.weeks.size(); ++i) {
        const WeekReport& week = report.weeks[i];
        const auto bar = [&](std::uint64_t value, const char* style) {
            const std::uint64_t height = value * (k_height - 10) / highest;
            return fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">"
                               "<title>week of {}: {} of {} frauds caught</title></rect>\n",
                               style, i * step + 1, k_height - height,
                               std::max<std::uint64_t>(1, step - 2), height,
                               time::print_date(week.monday), week.true_positive, week.frauds);
        };
        svg += bar(week.frauds, "all") + bar(week.true_positive, "caught");
    }
    return svg + "</svg>\n";
}

// Hits per rule: frauds dark, genuine rows light.
std::string rules_chart(const BacktestReport& report) {
    const std::size_t rows = std::min(report.rules.size(), k_rules_drawn);
    std::uint64_t highest = 1;
    for (const RuleReport& rule : report.rules)
        highest = std::max(highest, rule.hits);
    constexpr std::uint64_t label = 160;
    constexpr std::uint64_t line = 16;
    std::string svg =
        fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"hits per rule\">\n",
                    k_width, rows * line + 4);
    for (std::size_t i = 0; i < rows; ++i) {
        const RuleReport& rule = report.rules[i];
        const std::uint64_t frauds = rule.true_positive * (k_width - label) / highest;
        const std::uint64_t genuine = rule.false_positive * (k_width - label) / highest;
        svg += fmt::format("<text x=\"0\" y=\"{}\">{}</text>"
                           "<rect class=\"caught\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"10\"/>"
                           "<rect class=\"all\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"10\"/>\n",
                           i * line + 12, html_escaped(rule.id), label, i * line + 3, frauds,
                           label + frauds, i * line + 3, genuine);
    }
    return svg + "</svg>\n";
}

std::string rules_table(const BacktestReport& report) {
    std::string html = "<table><tr><th>rule</th><th>hits</th><th>TP</th><th>FP</th>"
                       "<th>unique</th><th>precision</th><th>unknown</th></tr>\n";
    for (const RuleReport& rule : report.rules) {
        const auto precision =
            rule.hits == 0 ? std::nullopt : std::optional(Rational{rule.true_positive, rule.hits});
        html += cells({rule.id + (rule.shadow ? " (shadow)" : ""), std::to_string(rule.hits),
                       std::to_string(rule.true_positive), std::to_string(rule.false_positive),
                       std::to_string(rule.unique_true_positive), ratio_text(precision),
                       std::to_string(rule.unknown)});
    }
    return html + "</table>\n";
}

constexpr const char* k_style =
    "body{font:15px sans-serif;max-width:760px;margin:2em auto;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:2px 10px;text-align:right}"
    "td:first-child,th:first-child{text-align:left}tr:nth-child(even){background:#f4f4f4}"
    "svg{width:100%;margin:1em 0}svg text{font:11px sans-serif}"
    ".all{fill:#e3b9a8}.caught{fill:#a33b20}.failed{color:#a33b20}pre{background:#f4f4f4;"
    "padding:1em;overflow:auto}";

} // namespace

std::string backtest_html(const BacktestReport& report) {
    const Confusion& all = report.all;
    const std::string name = html_escaped(report.ruleset);
    std::string html =
        fmt::format("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                    "<title>back-test of {0}</title><style>{1}</style></head><body>\n"
                    "<h1>Back-test of {0}</h1>\n<p>rule set {2}</p>\n",
                    name, k_style, html_escaped(report.digest));
    html += fmt::format("<p class=\"{0}\">The gate {0}: {1}</p>\n",
                        report.gate_passed ? "passed" : "failed", html_escaped(report.gate_text));
    html += "<table><tr><th></th><th>fraud</th><th>genuine</th></tr>\n";
    html += cells({"predicted fraud", std::to_string(all.true_positive.rows),
                   std::to_string(all.false_positive.rows)});
    html += cells({"predicted genuine", std::to_string(all.false_negative.rows),
                   std::to_string(all.true_negative.rows)});
    html += "</table>\n<table>";
    html += cells({"precision", ratio_text(all.precision())});
    html += cells({"recall", ratio_text(all.recall())});
    html += cells({"F1", ratio_text(all.f1())});
    html += cells({"recall by value", ratio_text(all.value_recall())});
    html += cells({"alert rate", ratio_text(all.alert_rate())});
    html += cells({"false per true positive", ratio_text(all.false_per_true())});
    html += cells({"unlabelled, not mature", std::to_string(report.young)});
    html += "</table>\n<h2>Frauds per week, and those caught</h2>\n" + weeks_chart(report);
    html += "<h2>Rules</h2>\n" + rules_chart(report) + rules_table(report);
    if (report.changes)
        html += "<h2>Against the baseline</h2>\n<pre>" +
                html_escaped(print_changes(*report.changes)) + "</pre>\n";
    return html + "</body></html>\n";
}

} // namespace harmonia::screen

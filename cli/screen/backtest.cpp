// `harmonia screen rules backtest` and `diff`: rule sets tried on the past. They write nothing.
#include "cli/frame/output.hpp"
#include "cli/screen/parts.hpp"
#include "core/money/decimal.hpp"
#include "jobs/screen/backtest/report.hpp"
#include "jobs/screen/backtest/run.hpp"

#include <fmt/format.h>

#include <fstream>

namespace harmonia::cli {
namespace {

/// `0.30` or `0.5%` as a fraction.
screen::Rational share(const char* option, const std::string& text) {
    const bool percent = text.ends_with('%');
    const auto parsed = money::parse_decimal(percent ? text.substr(0, text.size() - 1) : text);
    if (!parsed || parsed->coefficient < 0)
        throw Error(Exit::usage, fmt::format("{} must be a share, got '{}'", option, text),
                    "Write 0.30 or 0.5%.");
    screen::Rational out{parsed->coefficient, percent ? 100 : 1};
    for (int i = 0; i < parsed->scale; ++i)
        out.den *= 10;
    return out;
}

std::int64_t microseconds(Milliseconds duration) {
    return std::chrono::microseconds(duration).count();
}

class Backtest final : public ScreenGroup {
public:
    void setup(Arguments rules) override {
        test_ = rules.subcommand("backtest", "test a rule set against stored payments and labels");
        test_
            .text("FILE|NAME@VERSION", wanted_.candidate,
                  "rule set to test, in YAML or a stored version")
            .required();
        test_.text("--of RULESET", wanted_.of,
                   "test on the payments of this rule set [default: the one tested]");
        test_.text("--from DATE", wanted_.from, "count payments from this date or instant");
        test_.text("--to DATE", wanted_.until, "count payments before this date or instant");
        test_.duration("--warmup DURATION", warmup_,
                       "skip payments with less history before them than this");
        test_.text("--baseline live|NAME@VERSION|FILE", wanted_.baseline,
                   "compare with this rule set");
        test_.duration("--label-lag DURATION", lag_,
                       "how long after an event its labels of source `dataset` become known");
        test_.duration("--mature DURATION", mature_,
                       "count unlabelled payments older than this as genuine [default: 120d]");
        test_
            .text("--positive declined|review", positive_,
                  "what predicts fraud: declined, or also review [default: declined]")
            .choices({"declined", "review"});
        test_.text("--gate-precision SHARE", precision_,
                   "lowest precision that passes [default: 0.30]");
        test_.text("--gate-stopped SHARE", stopped_,
                   "largest share of payments stopped that passes [default: 0.5%]");
        add_memory(test_, memory_);
        test_.text("--html FILE", html_, "also write a report with charts, in one HTML file");
        diff_ = rules.subcommand("diff", "list where a shadow version and the live one disagree");
        diff_.text("NAME@VERSION", name_, "the shadow version, for example cards@4").required();
    }
    [[nodiscard]] bool parsed() const override { return test_.parsed() || diff_.parsed(); }
    [[nodiscard]] bool recorded() const override { return false; }

    Report run(Context& context) override {
        screen::Settings settings = screen_settings(context);
        apply_memory(memory_, settings);
        if (diff_.parsed()) {
            const auto changes =
                screen::compare_shadow(settings, screen::parse_ruleset_name(name_));
            return {Exit::done, {}, screen::print_changes(changes), screen::changes_json(changes)};
        }
        if (warmup_)
            wanted_.warmup_us = microseconds(*warmup_);
        if (lag_)
            wanted_.label_lag_us = microseconds(*lag_);
        if (mature_)
            wanted_.options.mature_us = microseconds(*mature_);
        wanted_.options.review_is_positive = positive_ == "review";
        if (!precision_.empty())
            wanted_.options.min_precision = share("--gate-precision", precision_);
        if (!stopped_.empty())
            wanted_.options.max_stopped = share("--gate-stopped", stopped_);
        const auto report = screen::backtest(settings, wanted_);
        if (!html_.empty()) {
            std::ofstream file(html_, std::ios::binary);
            file << screen::backtest_html(report);
            if (!file.flush())
                throw Error(Exit::cannot_create, fmt::format("cannot write {}", html_));
        }
        return {report.gate_passed ? Exit::done : Exit::difference,
                {{"rows", static_cast<std::int64_t>(report.all.rows())}},
                screen::print_backtest(report),
                screen::backtest_json(report)};
    }

private:
    Arguments test_, diff_;
    screen::BacktestWanted wanted_;
    std::optional<Milliseconds> lag_, warmup_, mature_;
    std::string positive_ = "declined", precision_, stopped_, html_, memory_, name_;
};

} // namespace

std::unique_ptr<ScreenGroup> make_screen_backtest() {
    return std::make_unique<Backtest>();
}

} // namespace harmonia::cli

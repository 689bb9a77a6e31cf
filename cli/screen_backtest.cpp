#include "cli/output.hpp"
#include "cli/screen_parts.hpp"
#include "core/money/decimal.hpp"
#include "jobs/screen/report.hpp"
#include "jobs/screen/run_backtest.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <fstream>

namespace harmonia::cli {
namespace {

/// `0.30` or `0.5%` as a fraction.
screen::Number share(const char* option, const std::string& text) {
    const bool percent = text.ends_with('%');
    const auto parsed = money::parse_decimal(percent ? text.substr(0, text.size() - 1) : text);
    if (!parsed || parsed->coefficient < 0)
        throw Error(Exit::usage, fmt::format("{}: '{}' is no share", option, text),
                    "Write 0.30 or 0.5%.");
    screen::Number out{parsed->coefficient, percent ? 100 : 1};
    for (int i = 0; i < parsed->scale; ++i)
        out.den *= 10;
    return out;
}

class Backtest final : public ScreenGroup {
public:
    void setup(CLI::App& rules) override {
        test_ = rules.add_subcommand("backtest", "how well a rule set tells the fraud of the past");
        test_->add_option("FILE|NAME@VERSION", wanted_.candidate)->required();
        test_->add_option("--of", wanted_.of, "test on the payments of this rule set");
        test_->add_option("--from", wanted_.from, "count payments from this date or instant");
        test_->add_option("--to", wanted_.until, "and before this one");
        test_
            ->add_option("--warmup", warmup_,
                         "leave out payments with less history before them than this")
            ->type_name("DURATION");
        test_->add_option("--baseline", wanted_.baseline,
                          "compare with live, NAME@VERSION or FILE");
        test_
            ->add_option("--label-lag", lag_,
                         "labels of source `dataset` are known so long after "
                         "their event")
            ->type_name("DURATION");
        test_->add_option("--mature", mature_, "unlabelled payments older than this are genuine")
            ->type_name("DURATION");
        test_->add_option("--positive", positive_, "a prediction of fraud: declined, or review too")
            ->check(CLI::IsMember({"declined", "review"}));
        test_->add_option("--gate-precision", precision_, "least precision (0.30)");
        test_->add_option("--gate-stopped", stopped_, "greatest share of payments stopped (0.5%)");
        add_memory(*test_, memory_);
        test_->add_option("--html", html_, "also write one page with pictures")->type_name("FILE");
        diff_ = rules.add_subcommand("diff", "what a candidate beside the live version says "
                                             "otherwise");
        diff_->add_option("NAME@VERSION", name_)->required();
    }
    [[nodiscard]] bool parsed() const override { return test_->parsed() || diff_->parsed(); }
    [[nodiscard]] bool recorded() const override { return false; }

    Report run(Context& context) override {
        screen::Settings settings = screen_settings(context);
        apply_memory(memory_, settings);
        if (diff_->parsed()) {
            const auto changes =
                screen::compare_shadow(settings, screen::parse_ruleset_name(name_));
            return {Exit::done, {}, screen::print_changes(changes), screen::changes_json(changes)};
        }
        if (!warmup_.empty())
            wanted_.warmup_us = duration_ms("--warmup", warmup_) * 1000;
        if (!lag_.empty())
            wanted_.label_lag_us = duration_ms("--label-lag", lag_) * 1000;
        if (!mature_.empty())
            wanted_.options.mature_us = duration_ms("--mature", mature_) * 1000;
        wanted_.options.review_is_positive = positive_ == "review";
        if (!precision_.empty())
            wanted_.options.least_precision = share("--gate-precision", precision_);
        if (!stopped_.empty())
            wanted_.options.most_stopped = share("--gate-stopped", stopped_);
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
    CLI::App *test_ = nullptr, *diff_ = nullptr;
    screen::BacktestWanted wanted_;
    std::string lag_, warmup_, mature_, positive_ = "declined", precision_, stopped_, html_,
                                        memory_, name_;
};

} // namespace

std::unique_ptr<ScreenGroup> make_screen_backtest() {
    return std::make_unique<Backtest>();
}

} // namespace harmonia::cli

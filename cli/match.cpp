#include "cli/command.hpp"
#include "cli/output.hpp"
#include "core/base/text.hpp"
#include "jobs/match/manual.hpp"
#include "jobs/match/run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace harmonia::cli {
namespace {

class Match final : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("--merchant", options_.merchants, "only this merchant; may be repeated")
            ->type_name("SLUG");
        app.add_flag("--dry-run", options_.dry_run, "decide and count, write nothing");
        app.add_flag("--fail-fast", options_.fail_fast,
                     "end at the first payment of a network without a rule");
        app.add_option("--wait", wait_,
                       "how long to wait for a merchant that another run holds "
                       "(default: not at all)")
            ->check([](const std::string& text) {
                const auto wait = parse_duration_ms(text);
                return wait && *wait >= 0 ? std::string()
                                          : "'" + text + "' is no duration: write 30s, 15m";
            })
            ->type_name("DURATION");
        auto* force = app.add_option("--force", force_,
                                     "match a payment with a merchant's row, "
                                     "whatever the rules say")
                          ->type_name("PAYMENT SCHEME")
                          ->expected(2);
        auto* undo = app.add_option("--undo", undo_, "undo a match; the pair is not made again")
                         ->type_name("MATCH");
        auto* ambiguous =
            app.add_flag("--ambiguous", ambiguous_, "list payments that several rows would fit");
        force->excludes(undo)->excludes(ambiguous);
        undo->excludes(ambiguous);
    }

    Report run(Context& context) override {
        if (!wait_.empty())
            options_.wait = std::chrono::milliseconds(parse_duration_ms(wait_).value());
        options_.run_id = context.run_id;
        const match::Settings settings = match::read_settings(
            context.config, context.database(), importers::load_feeds(context.config));
        if (!force_.empty())
            return force(settings);
        if (undo_)
            return undo(settings);
        if (ambiguous_)
            return list_ambiguous(settings);
        return decide(settings);
    }

private:
    Report decide(const match::Settings& settings) {
        const match::Outcomes outcomes = match::run(settings, options_);
        Report report;
        report.exit = outcomes.exit;
        report.counts = outcomes.counts.list();
        report.text = counts_text(report);
        if (options_.dry_run)
            report.text += " (dry run: nothing written)";
        report.text += '\n';
        std::string busy, failed;
        for (const std::string& merchant : outcomes.busy) {
            report.text += fmt::format("{}: busy in another run, skipped\n", merchant);
            busy += (busy.empty() ? "" : ", ") + json_quoted(merchant);
        }
        for (const auto& [merchant, why] : outcomes.failures) {
            report.text += fmt::format("{}: failed: {}\n", merchant, why);
            failed +=
                fmt::format(R"({}{{"merchant": {}, "error": {}}})", failed.empty() ? "" : ", ",
                            json_quoted(merchant), json_quoted(why));
        }
        report.data_json = fmt::format(R"({{"busy": [{}], "failed": [{}]}})", busy, failed);
        return report;
    }

    Report force(const match::Settings& settings) {
        const std::int64_t id = match::force(settings, options_, force_[0], force_[1]);
        return {Exit::done,
                {{"matched", 1}},
                fmt::format("payment {} and row {} are match {}\n", force_[0], force_[1], id),
                fmt::format(R"({{"match": {}}})", id)};
    }

    Report undo(const match::Settings& settings) {
        match::undo(settings, options_, *undo_);
        return {Exit::done,
                {{"undone", 1}},
                fmt::format("match {} is undone; both rows are free\n", *undo_),
                ""};
    }

    Report list_ambiguous(const match::Settings& settings) {
        Report report;
        std::string rows;
        const auto found = match::list_ambiguous(settings, options_.merchants);
        for (const match::Ambiguous& one : found) {
            report.text += fmt::format("{} payment {} {} {} {} {}: {} candidates\n", one.merchant,
                                       one.payment_id, one.date, one.amount, one.currency,
                                       one.transaction_id, one.candidates);
            rows += fmt::format(
                R"({}{{"merchant": {}, "payment": {}, "transaction_id": {}, "transaction_date": {}, "spend_amount": {}, "spend_currency": {}, "candidates": {}}})",
                rows.empty() ? "" : ", ", json_quoted(one.merchant), one.payment_id,
                json_quoted(one.transaction_id), json_quoted(one.date), one.amount,
                json_quoted(one.currency), one.candidates);
        }
        report.counts = {{"ambiguous", static_cast<std::int64_t>(found.size())}};
        if (found.empty())
            report.text = "no ambiguous payment is pending\n";
        report.data_json = "[" + rows + "]";
        return report;
    }

    match::Options options_;
    std::string wait_;
    std::vector<std::int64_t> force_;
    std::optional<std::int64_t> undo_;
    bool ambiguous_ = false;
};

} // namespace

std::unique_ptr<Command> make_match() {
    return std::make_unique<Match>();
}

} // namespace harmonia::cli

// `harmonia match`: one run, or one match made, undone or listed by hand.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/json/writer.hpp"
#include "jobs/match/manage.hpp"
#include "jobs/match/run.hpp"

#include <fmt/format.h>

namespace harmonia::cli {
namespace {

class Match final : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.texts("--merchant SLUG", options_.merchants, "only these merchants");
        arguments.flag("--dry-run", options_.dry_run, "decide and count; write nothing");
        arguments.flag("--fail-fast", options_.fail_fast,
                       "stop at the first payment of a network that has no rule");
        arguments.duration("--wait DURATION", wait_,
                           "how long to wait for a merchant locked by another run [default: 0s]");
        auto force =
            arguments
                .numbers("--force PAYMENT SCHEME", force_,
                         "match a payment with a scheme row by their ids, whatever the rules say")
                .count(2);
        auto undo = arguments.number("--undo MATCH", undo_,
                                     "undo a match; the same pair is not matched again");
        auto ambiguous =
            arguments.flag("--ambiguous", ambiguous_, "list payments that more than one row fits");
        force.excludes(undo).excludes(ambiguous);
        undo.excludes(ambiguous);
    }

    Report run(Context& context) override {
        options_.wait = wait_.value_or(options_.wait);
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
        json::Writer writer;
        writer.open('{').key("busy").open('[');
        for (const std::string& merchant : outcomes.busy) {
            report.text += fmt::format("{}: locked by another run, skipped\n", merchant);
            writer.string(merchant);
        }
        writer.close(']').key("failed").open('[');
        for (const auto& [merchant, why] : outcomes.failures) {
            report.text += fmt::format("{}: failed: {}\n", merchant, why);
            writer.open('{').member("merchant", merchant).member("error", why).close('}');
        }
        report.data_json = writer.close(']').close('}').take();
        return report;
    }

    Report force(const match::Settings& settings) {
        const std::int64_t id = match::force(settings, options_, force_[0], force_[1]);
        return {
            Exit::done,
            {{"matched", 1}},
            fmt::format("matched payment {} with row {} as match {}\n", force_[0], force_[1], id),
            json::Writer().open('{').member("match", id).close('}').take()};
    }

    Report undo(const match::Settings& settings) {
        match::undo(settings, options_, *undo_);
        return {Exit::done,
                {{"undone", 1}},
                fmt::format("undid match {}; both rows are unmatched again\n", *undo_),
                ""};
    }

    Report list_ambiguous(const match::Settings& settings) {
        Report report;
        json::Writer writer;
        writer.open('[');
        const auto found = match::list_ambiguous(settings, options_.merchants);
        for (const match::Ambiguous& one : found) {
            report.text += fmt::format("{} payment {} {} {} {} {}: {} candidates\n", one.merchant,
                                       one.payment_id, one.date, one.amount, one.currency,
                                       one.transaction_id, one.candidates);
            writer.open('{')
                .member("merchant", one.merchant)
                .member("payment", one.payment_id)
                .member("transaction_id", one.transaction_id)
                .member("transaction_date", one.date)
                .member("spend_amount", one.amount)
                .member("spend_currency", one.currency)
                .member("candidates", one.candidates)
                .close('}');
        }
        report.counts = {{"ambiguous", static_cast<std::int64_t>(found.size())}};
        if (found.empty())
            report.text = "no ambiguous payments\n";
        report.data_json = writer.close(']').take();
        return report;
    }

    match::Options options_;
    std::optional<Milliseconds> wait_;
    std::vector<std::int64_t> force_;
    std::optional<std::int64_t> undo_;
    bool ambiguous_ = false;
};

} // namespace

std::unique_ptr<Command> make_match() {
    return std::make_unique<Match>();
}

} // namespace harmonia::cli

#include "cli/command.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "core/base/text.hpp"
#include "jobs/alert/intake.hpp"
#include "jobs/import/rejects.hpp"
#include "jobs/import/run.hpp"
#include "jobs/match/declare.hpp"
#include "jobs/match/intake.hpp"
#include "jobs/match/reidentify.hpp"
#include "jobs/screen/intake.hpp"
#include "jobs/settle/accounts/intake.hpp"
#include "jobs/settle/accounts/settings.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

using importing::Counts;
using importing::Done;

importing::Wiring wire(const Context& context, std::uint64_t pending_max) {
    importing::Wiring wiring;
    wiring.feeds = importers::load_feeds(context.config);
    const auto declarations =
        std::make_shared<match::Declarations>(match::Declarations::load(context.config));
    match::IntakeOptions intake;
    intake.merchant_mode = [declarations](std::string_view merchant) {
        return std::string(match::mode_name(declarations->of(merchant).mode));
    };
    intake.waiting_max = pending_max;
    wiring.sinks.emplace("transactions", match::intake_factory(intake));
    const auto accounts = settle::accounts::read_settings(context.config);
    const settle::accounts::IntakeOptions messages{accounts.realm, accounts.strict_realm,
                                                   accounts.archive_threshold_us, pending_max};
    wiring.sinks.emplace("smp-accounts", settle::accounts::requests_factory(messages));
    wiring.sinks.emplace("smp-chores", settle::accounts::chores_factory(messages));
    screen::IntakeOptions orders;
    orders.cards = card::read_card_settings(context.config);
    orders.waiting_max = pending_max;
    wiring.sinks.emplace("orders", screen::orders_factory(std::move(orders)));
    wiring.sinks.emplace("labels", screen::labels_factory());
    alert::IntakeOptions alerts;
    alerts.cards = card::read_card_settings(context.config);
    alerts.waiting_max = pending_max;
    wiring.sinks.emplace("alerts", alert::intake_factory(std::move(alerts)));
    wiring.database = context.database();
    for (const char* sink : {"smp-accounts", "smp-chores"})
        wiring.databases.emplace(sink, context.database("accounts"));
    wiring.broker = [&context](const std::string& name) { return context.broker(name); };
    return wiring;
}

void put_counts(Report& report, const Counts& counts) {
    const auto put = [&](const char* name, std::uint64_t count) {
        report.counts.emplace_back(name, static_cast<std::int64_t>(count));
    };
    put("read", counts.read);
    put("new", counts.fresh);
    put("duplicate", counts.duplicate);
    put("rejected", counts.rejected);
    put("skipped", counts.skipped);
    put("unidentified", counts.unidentified);
}

std::string codes_json(const std::map<std::string, std::uint64_t>& codes) {
    std::string out = "{";
    for (const auto& [code, count] : codes)
        out += fmt::format("{}{}:{}", out.size() > 1 ? "," : "", json_quoted(code), count);
    return out + "}";
}

std::string codes_text(const std::map<std::string, std::uint64_t>& codes) {
    std::string out;
    for (const auto& [code, count] : codes)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", code, count);
    return out;
}

std::string done_json(const std::vector<Done>& all) {
    std::string out = "[";
    for (const Done& done : all)
        out += fmt::format(
            "{}{{\"feed\":{},\"source\":{},\"state\":{},\"reason\":{},\"read\":{},\"new\":{},"
            "\"duplicate\":{},\"rejected\":{},\"skipped\":{},\"unidentified\":{},"
            "\"reasons\":{},\"warnings\":{}}}",
            out.size() > 1 ? "," : "", json_quoted(done.feed), json_quoted(done.source),
            json_quoted(importing::state_name(done.state)),
            done.reason.empty() ? "null" : json_quoted(done.reason), done.counts.read,
            done.counts.fresh, done.counts.duplicate, done.counts.rejected, done.counts.skipped,
            done.counts.unidentified, codes_json(done.counts.reasons),
            codes_json(done.counts.warnings));
    return out + "]";
}

std::string counted(const Counts& counts) {
    std::string text = fmt::format("{} read, {} new, {} duplicate, {} rejected", counts.read,
                                   counts.fresh, counts.duplicate, counts.rejected);
    if (!counts.reasons.empty())
        text += fmt::format(" ({})", codes_text(counts.reasons));
    text += fmt::format(", {} skipped", counts.skipped);
    if (counts.unidentified > 0)
        text += fmt::format(", {} unidentified", counts.unidentified);
    if (!counts.warnings.empty())
        text += fmt::format("; warnings: {}", codes_text(counts.warnings));
    return text;
}

std::string done_text(const importing::Outcome& outcome) {
    std::string text;
    for (const Done& done : outcome.done) {
        const std::string name = printable(done.source, 200);
        if (done.state == Done::State::busy)
            text += fmt::format("{}: {}: another import is at it\n", done.feed, name);
        else if (done.state == Done::State::moved)
            text += fmt::format("{}: {}: was loaded before, archived now\n", done.feed, name);
        else if (done.state == Done::State::refused)
            text += fmt::format("{}: {}: refused, {}\n", done.feed, name, done.reason);
        else
            text += fmt::format("{}: {}: {}\n", done.feed, name, counted(done.counts));
    }
    if (outcome.done.size() > 1)
        text += fmt::format("all: {}\n", counted(outcome.counts));
    if (!outcome.stopped.empty())
        text += outcome.stopped + "\n";
    return text.empty() ? "nothing to import\n" : text;
}

std::string reject_json(const importing::RejectRow& row) {
    return fmt::format("{{\"id\":{},\"feed\":{},\"file\":{},\"record\":{},\"line\":{},"
                       "\"offset\":{},\"field\":{},\"code\":{},\"reason\":{},\"state\":{},"
                       "\"created_at\":{},\"raw\":{},\"raw_exact\":{}}}",
                       row.id, json_quoted(row.feed), json_quoted(row.source), row.record_no,
                       row.line, row.offset, json_quoted(row.field), json_quoted(row.code),
                       json_quoted(row.detail), json_quoted(row.state), json_quoted(row.created_at),
                       json_quoted(row.raw), row.exact);
}

/// `import rejects …`.
class Rejects {
public:
    void setup(CLI::App& app) {
        app_ = app.add_subcommand("rejects", "the bad records of files");
        app_->require_subcommand(1);
        list_ = app_->add_subcommand("list", "those that are open, in the order they were found");
        list_->add_option("--feed", feed_, "only of this feed");
        list_->add_flag("--all", filter_.all_states, "also retried and dismissed ones");
        list_->add_option("--limit", filter_.limit, "at most so many")
            ->check(CLI::Range(1, 1'000'000))
            ->type_name("ROWS");
        show_ = app_->add_subcommand("show", "one with all that is known of it");
        show_->add_option("id", ids_, "its number")->required()->expected(1);
        retry_ = app_->add_subcommand("retry", "read them again with the declaration of today");
        retry_->add_option("id", ids_, "numbers; none: all open ones");
        retry_->add_option("--feed", feed_, "only of this feed");
        dismiss_ = app_->add_subcommand("dismiss", "let them go");
        dismiss_->add_option("id", ids_, "numbers")->required();
    }
    [[nodiscard]] bool parsed() const { return app_->parsed(); }
    [[nodiscard]] bool writes() const { return retry_->parsed() || dismiss_->parsed(); }

    Report run(Context& context) {
        if (list_->parsed())
            return list(context);
        if (show_->parsed())
            return show(context);
        if (retry_->parsed())
            return retry(context);
        const auto count = importing::dismiss_rejects(context.database(), ids_);
        return {Exit::done, {{"dismissed", static_cast<std::int64_t>(count)}}, {}, {}};
    }

private:
    Report list(Context& context) {
        if (!feed_.empty())
            filter_.feed = feed_;
        const auto rejects = importing::list_rejects(context.database(), filter_);
        Report report;
        std::vector<std::vector<std::string>> rows{
            {"id", "feed", "file", "line", "field", "code", "reason"}};
        report.data_json = "[";
        for (const auto& row : rejects) {
            rows.push_back({std::to_string(row.id), row.feed, printable(row.source, 60),
                            std::to_string(row.line), row.field, row.code,
                            printable(row.detail, 80)});
            report.data_json += (report.data_json.size() > 1 ? "," : "") + reject_json(row);
        }
        report.data_json += "]";
        report.counts = {{"rejects", static_cast<std::int64_t>(rejects.size())}};
        report.text = rejects.empty() ? "no open rejects\n" : table(rows);
        return report;
    }

    Report show(Context& context) {
        const auto row = importing::show_reject(context.database(), ids_.front());
        Report report;
        report.data_json = reject_json(row);
        report.text = fmt::format(
            "reject   {} ({}), {}\nfeed     {}\nfile     {}\nrecord   {}, line {}, byte {}\n"
            "field    {}\ncode     {}\nreason   {}\nraw{} {}\n",
            row.id, row.state, row.created_at, row.feed, printable(row.source, 400), row.record_no,
            row.line, row.offset, row.field, row.code, row.detail,
            row.exact ? "     " : " (masked)", row.raw);
        return report;
    }

    Report retry(Context& context) {
        const auto settings = importing::read_settings(context.config);
        const auto result =
            importing::retry_rejects(settings, wire(context, settings.pending_max), ids_,
                                     feed_.empty() ? std::nullopt : std::optional(feed_));
        Report report;
        put_counts(report, result.counts);
        report.counts.emplace_back("unreachable", static_cast<std::int64_t>(result.unreachable));
        report.text = counted(result.counts) + "\n";
        if (result.unreachable > 0)
            report.text +=
                fmt::format("{} not tried: masked, and their file is gone\n", result.unreachable);
        if (result.counts.rejected + result.unreachable > 0)
            report.exit = Exit::rejected;
        return report;
    }

    CLI::App *app_ = nullptr, *list_ = nullptr, *show_ = nullptr, *retry_ = nullptr,
             *dismiss_ = nullptr;
    importing::RejectFilter filter_;
    std::string feed_;
    std::vector<std::int64_t> ids_;
};

class Import : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("feed", request_.feeds, "feeds to read; none: all that have a source")
            ->type_name("FEED");
        app.add_option("--file", request_.files, "read these files instead; - is standard input")
            ->type_name("PATH");
        app.add_flag("--follow", request_.follow, "stay, and import what comes");
        app.add_flag("--draining", request_.draining,
                     "with --follow: leave queues that stay empty without a consumer for a while, "
                     "so that they can be deleted");
        app.add_option("--max", max_,
                       "stop after so many messages of a queue or files of a directory")
            ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}))
            ->type_name("COUNT");
        app.add_flag("--dry-run", request_.dry_run, "check and count, write nothing at all");
        rejects_.setup(app);
        reidentify_ = app.add_subcommand(
            "reidentify", "look again at records whose merchant was not known (match does it too)");
        app.require_subcommand(0, 1);
    }

    [[nodiscard]] Needs needs() const override {
        const bool writes = rejects_.parsed() ? rejects_.writes() : !request_.dry_run;
        return writes ? Needs::recorded_run : Needs::config;
    }

    Report run(Context& context) override {
        if (rejects_.parsed())
            return rejects_.run(context);
        if (reidentify_->parsed())
            return reidentify(context);
        // `import FEED -` is short for `import FEED --file -`.
        if (std::erase(request_.feeds, "-") > 0)
            request_.files.emplace_back("-");
        if (request_.follow && (request_.dry_run || !request_.files.empty() || max_ > 0))
            throw Error(Exit::usage, "--follow goes with neither --file, --max nor --dry-run");
        if (request_.draining && !request_.follow)
            throw Error(Exit::usage, "--draining needs --follow");
        if (max_ > 0)
            request_.max = max_;
        const auto settings = importing::read_settings(context.config);
        auto wiring = wire(context, settings.pending_max);
        ProgressBar bar(context.progress);
        wiring.progress = [&bar](const importing::Progress& progress) {
            bar.update({progress.feed + " " + progress.source, progress.phase, progress.bytes,
                        progress.bytes_total, progress.records});
        };
        const auto outcome = importing::run(request_, settings, wiring);
        Report report;
        report.exit = outcome.exit;
        put_counts(report, outcome.counts);
        report.text = done_text(outcome);
        report.data_json = done_json(outcome.done);
        return report;
    }

private:
    static Report reidentify(Context& context) {
        const auto connection = db::connect(context.database());
        const auto found = match::reidentify(*connection, importers::load_feeds(context.config),
                                             match::Declarations::load(context.config));
        return {Exit::done, {{"identified", found}}, {}, {}};
    }

    importing::Request request_;
    std::uint64_t max_ = 0;
    CLI::App* reidentify_ = nullptr;
    Rejects rejects_;
};

} // namespace

std::unique_ptr<Command> make_import() {
    return std::make_unique<Import>();
}

} // namespace harmonia::cli

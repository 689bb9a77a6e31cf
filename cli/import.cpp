// `harmonia import`: connects feeds with the sinks of the jobs; `rejects` and `reidentify`.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "cli/frame/progress.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/alert/sink.hpp"
#include "jobs/import/rejects/manage.hpp"
#include "jobs/import/rejects/retry.hpp"
#include "jobs/import/run.hpp"
#include "jobs/match/declare.hpp"
#include "jobs/match/reidentify.hpp"
#include "jobs/match/sink/sink.hpp"
#include "jobs/orders/sink.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"
#include "jobs/settle/accounts/sink/sink.hpp"

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
    match::SinkOptions transactions;
    transactions.merchant_mode = [declarations](std::string_view merchant) {
        return std::string(match::mode_name(declarations->of(merchant).mode));
    };
    transactions.waiting_max = pending_max;
    wiring.sinks.emplace("transactions", match::transactions_sink(transactions));
    const auto accounts = settle::accounts::read_settings(context.config);
    const settle::accounts::SinkOptions messages{accounts.realm, accounts.strict_realm,
                                                 accounts.archive_threshold_us, pending_max};
    wiring.sinks.emplace("smp-accounts", settle::accounts::requests_sink(messages));
    wiring.sinks.emplace("smp-chores", settle::accounts::chores_sink(messages));
    orders::SinkOptions orders;
    orders.cards = card::read_card_settings(context.config);
    orders.waiting_max = pending_max;
    wiring.sinks.emplace("orders", orders::orders_sink(std::move(orders)));
    wiring.sinks.emplace("labels", orders::labels_sink());
    alert::SinkOptions alerts;
    alerts.cards = card::read_card_settings(context.config);
    alerts.waiting_max = pending_max;
    wiring.sinks.emplace("alerts", alert::alerts_sink(std::move(alerts)));
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

void write_codes(json::Writer& writer, const char* key,
                 const std::map<std::string, std::uint64_t>& codes) {
    writer.key(key).open('{');
    for (const auto& [code, count] : codes)
        writer.member(code, count);
    writer.close('}');
}

std::string codes_text(const std::map<std::string, std::uint64_t>& codes) {
    std::string out;
    for (const auto& [code, count] : codes)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", code, count);
    return out;
}

std::string done_json(const std::vector<Done>& all) {
    json::Writer writer;
    writer.open('[');
    for (const Done& done : all) {
        writer.open('{')
            .member("feed", done.feed)
            .member("source", done.source)
            .member("state", importing::state_name(done.state))
            .member("reason", done.reason.empty() ? std::nullopt : std::optional(done.reason))
            .member("read", done.counts.read)
            .member("new", done.counts.fresh)
            .member("duplicate", done.counts.duplicate)
            .member("rejected", done.counts.rejected)
            .member("skipped", done.counts.skipped)
            .member("unidentified", done.counts.unidentified);
        write_codes(writer, "reasons", done.counts.reasons);
        write_codes(writer, "warnings", done.counts.warnings);
        writer.close('}');
    }
    return writer.close(']').take();
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
            text += fmt::format("{}: {}: being read by another import, skipped\n", done.feed, name);
        else if (done.state == Done::State::moved)
            text += fmt::format("{}: {}: already loaded, now archived\n", done.feed, name);
        else if (done.state == Done::State::refused)
            text += fmt::format("{}: {}: refused, {}\n", done.feed, name, done.reason);
        else
            text += fmt::format("{}: {}: {}\n", done.feed, name, counted(done.counts));
    }
    if (outcome.done.size() > 1)
        text += fmt::format("total: {}\n", counted(outcome.counts));
    if (!outcome.stopped.empty())
        text += outcome.stopped + "\n";
    return text.empty() ? "nothing to import\n" : text;
}

void write_reject(json::Writer& writer, const importing::RejectRow& row) {
    writer.open('{')
        .member("id", row.id)
        .member("feed", row.feed)
        .member("file", row.source)
        .member("record", row.record_no)
        .member("line", row.line)
        .member("offset", row.offset)
        .member("field", row.field)
        .member("code", row.code)
        .member("reason", row.detail)
        .member("state", row.state)
        .member("created_at", row.created_at)
        .member("raw", row.raw)
        .member("raw_exact", row.exact)
        .close('}');
}

/// `import rejects …`.
class Rejects {
public:
    void setup(Arguments import) {
        verb_ = import.subcommand("rejects", "list, show, retry and dismiss rejected records");
        verb_.require_subcommand();
        list_ = verb_.subcommand("list", "list open rejects, oldest first");
        list_.text("--feed FEED", feed_, "only from this feed");
        list_.flag("--all", filter_.all_states, "also list retried and dismissed ones");
        list_.number("--limit ROWS", limit_, fmt::format("maximum rows [default: {}]", limit_))
            .range(1, 1'000'000);
        show_ = verb_.subcommand("show", "show a reject with its record");
        show_.numbers("ID", ids_, "a reject's id").required().count(1);
        retry_ = verb_.subcommand("retry", "read rejected records again as the feed now declares");
        retry_.numbers("ID", ids_, "reject ids [default: all open ones]");
        retry_.text("--feed FEED", feed_, "only from this feed");
        dismiss_ = verb_.subcommand("dismiss", "mark rejects as dismissed");
        dismiss_.numbers("ID", ids_, "reject ids").required();
    }
    [[nodiscard]] bool parsed() const { return verb_.parsed(); }
    [[nodiscard]] bool writes() const { return retry_.parsed() || dismiss_.parsed(); }

    Report run(Context& context) {
        if (list_.parsed())
            return list(context);
        if (show_.parsed())
            return show(context);
        if (retry_.parsed())
            return retry(context);
        const auto count = importing::dismiss_rejects(context.database(), ids_);
        return {Exit::done, {{"dismissed", static_cast<std::int64_t>(count)}}, {}, {}};
    }

private:
    Report list(Context& context) {
        if (!feed_.empty())
            filter_.feed = feed_;
        filter_.limit = limit_;
        const auto rejects = importing::list_rejects(context.database(), filter_);
        Report report;
        std::vector<std::vector<std::string>> rows{
            {"id", "feed", "file", "line", "field", "code", "reason"}};
        json::Writer writer;
        writer.open('[');
        for (const auto& row : rejects) {
            rows.push_back({std::to_string(row.id), row.feed, printable(row.source, 60),
                            std::to_string(row.line), row.field, row.code,
                            printable(row.detail, 80)});
            write_reject(writer, row);
        }
        report.data_json = writer.close(']').take();
        report.counts = {{"rejects", static_cast<std::int64_t>(rejects.size())}};
        report.text = rejects.empty() ? "no open rejects\n" : table(rows);
        return report;
    }

    Report show(Context& context) {
        const auto row = importing::show_reject(context.database(), ids_.front());
        Report report;
        json::Writer writer;
        write_reject(writer, row);
        report.data_json = writer.take();
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
                fmt::format("{} not retried: masked, and the file is gone\n", result.unreachable);
        if (result.counts.rejected + result.unreachable > 0)
            report.exit = Exit::rejected;
        return report;
    }

    Arguments verb_, list_, show_, retry_, dismiss_;
    importing::RejectFilter filter_;
    std::int64_t limit_ = filter_.limit;
    std::string feed_;
    std::vector<std::int64_t> ids_;
};

class Import : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.texts("FEED", request_.feeds, "feeds to read [default: all that have a source]");
        arguments.texts("--file PATH", request_.files,
                        "read these files instead; - is standard input");
        arguments.flag("--follow", request_.follow, "keep running and import as data arrives");
        arguments.flag("--draining", request_.draining,
                       "with --follow: release empty queues at times, so that they can be deleted");
        arguments
            .number("--max COUNT", max_,
                    "stop after COUNT messages per queue or files per directory")
            .range(1, 1'000'000'000);
        arguments.flag("--dry-run", request_.dry_run, "check and count; write nothing");
        rejects_.setup(arguments);
        reidentify_ = arguments.subcommand(
            "reidentify", "identify stored records whose merchant was unknown, as match also does");
        arguments.allow_subcommand();
    }

    [[nodiscard]] Needs needs() const override {
        const bool writes = rejects_.parsed() ? rejects_.writes() : !request_.dry_run;
        return writes ? Needs::recorded_run : Needs::config;
    }

    Report run(Context& context) override {
        if (rejects_.parsed())
            return rejects_.run(context);
        if (reidentify_.parsed())
            return reidentify(context);
        // `import FEED -` is short for `import FEED --file -`.
        if (std::erase(request_.feeds, "-") > 0)
            request_.files.emplace_back("-");
        if (request_.follow && (request_.dry_run || !request_.files.empty() || max_ > 0))
            throw Error(Exit::usage, "--follow cannot be combined with --file, --max or --dry-run");
        if (request_.draining && !request_.follow)
            throw Error(Exit::usage, "--draining requires --follow");
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
    Arguments reidentify_;
    Rejects rejects_;
};

} // namespace

std::unique_ptr<Command> make_import() {
    return std::make_unique<Import>();
}

} // namespace harmonia::cli

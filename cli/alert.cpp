// `harmonia alert`: notifies and delivers what is due; its verbs show, retry and silence.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/alert/manage.hpp"
#include "jobs/alert/run.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace harmonia::cli {
namespace {

constexpr std::int64_t k_us_per_ms = 1000;

/// `alert silence …`.
class Silences {
public:
    void setup(Arguments alert) {
        silence_verb_ = alert.subcommand("silence", "manage silences");
        silence_verb_.require_subcommand();
        add_ = silence_verb_.subcommand("add", "create a silence for alerts that match");
        add_.texts("MATCHER", silence_.matchers,
                   R"(matchers that must all hold: card="0622", merchant=~"shop-.*")")
            .required();
        add_.duration("--for DURATION", lasts_, "how long it lasts, at most 30d").required();
        add_.duration("--in DURATION", begins_, "delay before it starts [default: none]");
        add_.text("--comment TEXT", silence_.comment, "why the alerts are silenced").required();
        add_.text("--author NAME", silence_.author, "who creates it [default: $USER]");
        expire_ = silence_verb_.subcommand("expire", "end silences now");
        expire_.numbers("ID", ids_, "silence ids").required();
        list_ = silence_verb_.subcommand("list", "list active and future silences");
        list_.flag("--all", all_, "also list expired ones");
    }
    [[nodiscard]] bool parsed() const { return silence_verb_.parsed(); }
    [[nodiscard]] bool writes() const { return !list_.parsed(); }

    Report run(Context& context) {
        Report report;
        if (add_.parsed()) {
            silence_.lasts_us = lasts_.value().count() * k_us_per_ms;
            silence_.begins_us = begins_.value_or(Milliseconds(0)).count() * k_us_per_ms;
            const char* user = std::getenv("USER");
            if (silence_.author.empty())
                silence_.author = user != nullptr ? user : "unknown";
            const auto id = alert::add_silence(context.database(), silence_);
            report.counts = {{"silence", id}};
            report.text = fmt::format("silence {}\n", id);
        } else if (expire_.parsed()) {
            report.counts = {{"expired", alert::expire_silences(context.database(), ids_)}};
        } else {
            list(context, report);
        }
        return report;
    }

private:
    void list(Context& context, Report& report) {
        std::vector<std::vector<std::string>> rows{
            {"id", "state", "from", "until", "author", "matchers", "comment"}};
        json::Writer writer;
        writer.open('[');
        for (const auto& row : alert::list_silences(context.database(), all_)) {
            rows.push_back({std::to_string(row.id), row.state, row.starts_at, row.ends_at,
                            row.author, row.matchers, printable(row.comment, 60)});
            writer.open('{')
                .member("id", row.id)
                .member("state", row.state)
                .member("starts_at", row.starts_at)
                .member("ends_at", row.ends_at)
                .member("author", row.author)
                .member("matchers", row.matchers)
                .member("comment", row.comment)
                .close('}');
        }
        report.data_json = writer.close(']').take();
        report.counts = {{"silences", static_cast<std::int64_t>(rows.size()) - 1}};
        report.text = rows.size() > 1 ? table(rows) : "no silences\n";
    }

    Arguments silence_verb_, add_, expire_, list_;
    alert::NewSilence silence_;
    std::optional<Milliseconds> lasts_, begins_;
    std::vector<std::int64_t> ids_;
    bool all_ = false;
};

class Alert final : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.flag("--follow", follow_, "keep running and deliver alerts as they arrive");
        arguments.flag("--flush", flush_, "notify new groups without their initial wait");
        arguments.text("--ping-url URL", ping_url_,
                       "dead man's switch to call at the start and end of the run");
        silences_.setup(arguments);
        status_ = arguments.subcommand(
            "status", "show pending and dead deliveries and open circuit breakers by channel");
        show_ = arguments.subcommand("show", "show an alert or a delivery with its history");
        show_.text("ID", id_, "an alert's UUID or a delivery's id").required();
        retry_ = arguments.subcommand("retry", "retry dead deliveries on a fresh schedule");
        retry_.numbers("ID", ids_, "delivery ids [default: all dead deliveries]");
        cancel_ = arguments.subcommand("cancel", "cancel pending deliveries");
        cancel_.numbers("ID", ids_, "delivery ids").required();
        test_ = arguments.subcommand("test", "send a test message through a channel now");
        test_.text("CHANNEL", id_, "a channel's name").required();
        route_test_ = arguments.subcommand("route-test",
                                           "show how an alert with these labels would be routed");
        route_test_.texts("NAME=VALUE", labels_, "labels of the alert, including kind and severity")
            .required();
        arguments.allow_subcommand();
    }

    [[nodiscard]] std::vector<std::string> roles() const override { return {"alerts"}; }
    [[nodiscard]] Needs needs() const override {
        const bool reads = status_.parsed() || show_.parsed() || route_test_.parsed() ||
                           (silences_.parsed() && !silences_.writes());
        return reads ? Needs::config : Needs::recorded_run;
    }

    Report run(Context& context) override {
        if (silences_.parsed())
            return silences_.run(context);
        auto settings = alert::Settings::load(context.config);
        const auto database = context.database();
        if (status_.parsed())
            return status_report(alert::status(database, settings));
        if (show_.parsed())
            return show_report(alert::show(database, settings, id_));
        if (retry_.parsed())
            return counted("revived", alert::retry(database, ids_));
        if (cancel_.parsed())
            return counted("cancelled", alert::cancel(database, ids_));
        if (route_test_.parsed())
            return route_report(alert::route_test(database, settings, labels_));
        alert::Options options{database, std::move(settings), follow_,
                               flush_,   context.run_id,      ping_url_};
        if (test_.parsed())
            return sent_report({{}, {{id_, alert::send_test_message(options, id_)}}});
        return sent_report(alert::run(options));
    }

private:
    static Report counted(const char* name, std::int64_t count) {
        return {Exit::done, {{name, count}}, {}, {}};
    }

    static Report sent_report(const alert::Outcome& outcome) {
        const auto sum = outcome.sum();
        Report report;
        report.counts = {{"decided", outcome.notified.decided},
                         {"suppressed", outcome.notified.suppressed},
                         {"notifications", outcome.notified.notifications},
                         {"sent", sum.sent},
                         {"retry", sum.retry},
                         {"dead", sum.dead}};
        report.text = fmt::format("sent {}, retry {}, dead {}, suppressed {}\n", sum.sent,
                                  sum.retry, sum.dead, outcome.notified.suppressed);
        for (const auto& [name, counts] : outcome.channels)
            if (counts.paused)
                report.text += name + ": circuit breaker open\n";
        if (sum.dead > 0)
            report.exit = Exit::rejected;
        return report;
    }

    static Report status_report(const alert::Status& status) {
        Report report;
        std::vector<std::vector<std::string>> rows{{"channel", "pending", "leased", "retry", "dead",
                                                    "sent in 24 h", "breaker open until"}};
        json::Writer channels;
        channels.open('[');
        for (const auto& c : status.channels) {
            rows.push_back({c.channel, std::to_string(c.pending), std::to_string(c.leased),
                            std::to_string(c.retry), std::to_string(c.dead),
                            std::to_string(c.sent_day), c.breaker_open_until});
            channels.open('{')
                .member("channel", c.channel)
                .member("pending", c.pending)
                .member("leased", c.leased)
                .member("retry", c.retry)
                .member("dead", c.dead)
                .member("sent_day", c.sent_day)
                .member("resting_until", c.breaker_open_until)
                .close('}');
        }
        report.counts = {{"undecided", status.undecided},
                         {"groups_waiting", status.groups_waiting},
                         {"suppressed_day", status.suppressed_day},
                         {"silences", status.silences}};
        report.data_json = channels.close(']').take();
        report.text = fmt::format(
            "{} alerts undecided, {} groups waiting, {} suppressed in 24 h, {} "
            "silences\n",
            status.undecided, status.groups_waiting, status.suppressed_day, status.silences);
        if (rows.size() > 1)
            report.text += table(rows);
        return report;
    }

    static Report show_report(alert::Shown found) {
        Report report;
        report.data_json = std::move(found.json);
        report.text = std::move(found.indented) + "\n";
        return report;
    }

    static Report route_report(const alert::RouteTest& test) {
        Report report;
        json::Writer writer;
        writer.open('[');
        for (const auto& taken : test.routes) {
            report.text += fmt::format(
                "route {} to {} ({})\n  group {}\n  {}\n", taken.route, taken.receiver,
                taken.channels.empty() ? "no channel" : join(taken.channels, ", "), taken.group_key,
                taken.suppressed.empty() ? "would be notified"
                                         : "suppressed by " + taken.suppressed);
            writer.open('{')
                .member("route", taken.route)
                .member("receiver", taken.receiver)
                .member("group_key", taken.group_key)
                .member("channels", join(taken.channels, ","))
                .member("suppressed", taken.suppressed)
                .close('}');
        }
        report.data_json = writer.close(']').take();
        return report;
    }

    Silences silences_;
    Arguments status_, show_, retry_, cancel_, test_, route_test_;
    bool follow_ = false, flush_ = false;
    std::string id_, ping_url_;
    std::vector<std::int64_t> ids_;
    std::vector<std::string> labels_;
};

} // namespace

std::unique_ptr<Command> make_alert() {
    return std::make_unique<Alert>();
}

} // namespace harmonia::cli

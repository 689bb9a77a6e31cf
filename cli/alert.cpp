#include "cli/command.hpp"
#include "cli/output.hpp"
#include "core/base/json_text.hpp"
#include "core/base/text.hpp"
#include "jobs/alert/operate.hpp"
#include "jobs/alert/run.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdlib>

namespace harmonia::cli {
namespace {

std::int64_t duration_us(const std::string& text) {
    const auto ms = parse_duration_ms(text);
    if (!ms)
        throw Error(Exit::usage, "'" + printable(text, 40) + "' is no duration (90s, 15m, 6h, 7d)");
    return *ms * 1000;
}

/// `alert silence …`.
class Silences {
public:
    void setup(CLI::App& app) {
        app_ = app.add_subcommand("silence", "what shall not be told for a while");
        app_->require_subcommand(1);
        add_ = app_->add_subcommand("add", "from now on");
        add_->add_option("matcher", silence_.matchers, "card=\"0622\", merchant=~\"shop-.*\"; all")
            ->required();
        add_->add_option("--for", lasts_, "how long: 30d at most")->required();
        add_->add_option("--in", begins_, "begin so much later");
        add_->add_option("--comment", silence_.comment, "why")->required();
        add_->add_option("--author", silence_.author, "who; else the system's user");
        expire_ = app_->add_subcommand("expire", "end them now");
        expire_->add_option("id", ids_, "their numbers")->required();
        list_ = app_->add_subcommand("list", "those in force and to come");
        list_->add_flag("--all", all_, "also those that ended");
    }
    [[nodiscard]] bool parsed() const { return app_->parsed(); }
    [[nodiscard]] bool writes() const { return !list_->parsed(); }

    Report run(Context& context) {
        Report report;
        if (add_->parsed()) {
            silence_.lasts_us = duration_us(lasts_);
            silence_.begins_us = begins_.empty() ? 0 : duration_us(begins_);
            const char* user = std::getenv("USER");
            if (silence_.author.empty())
                silence_.author = user != nullptr ? user : "unknown";
            const auto id = alert::add_silence(context.database(), silence_);
            report.counts = {{"silence", id}};
            report.text = fmt::format("silence {}\n", id);
        } else if (expire_->parsed()) {
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
        report.data_json = "[";
        for (const auto& row : alert::list_silences(context.database(), all_)) {
            rows.push_back({std::to_string(row.id), row.state, row.starts_at, row.ends_at,
                            row.author, row.matchers, printable(row.comment, 60)});
            report.data_json += fmt::format(
                R"({}{{"id":{},"state":{},"starts_at":{},"ends_at":{},"author":{},"matchers":{},"comment":{}}})",
                report.data_json.size() > 1 ? "," : "", row.id, json_quoted(row.state),
                json_quoted(row.starts_at), json_quoted(row.ends_at), json_quoted(row.author),
                json_quoted(row.matchers), json_quoted(row.comment));
        }
        report.data_json += "]";
        report.counts = {{"silences", static_cast<std::int64_t>(rows.size()) - 1}};
        report.text = rows.size() > 1 ? table(rows) : "no silences\n";
    }

    CLI::App *app_ = nullptr, *add_ = nullptr, *expire_ = nullptr, *list_ = nullptr;
    alert::NewSilence silence_;
    std::string lasts_, begins_;
    std::vector<long long> ids_;
    bool all_ = false;
};

class Alert final : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_flag("--follow", follow_, "stay, and tell what comes");
        app.add_flag("--flush", flush_, "groups do not wait for their first notification");
        app.add_option("--ping-url", ping_url_, "a dead man's switch: told of start and end");
        silences_.setup(app);
        status_ = app.add_subcommand("status", "what waits, what is dead, what rests");
        show_ = app.add_subcommand("show", "an alert or a delivery and all that became of it");
        show_->add_option("id", id_, "an alert's UUID or a delivery's number")->required();
        retry_ = app.add_subcommand("retry", "revive dead deliveries with a fresh schedule");
        retry_->add_option("id", ids_, "their numbers; none: all");
        cancel_ = app.add_subcommand("cancel", "give deliveries up that wait");
        cancel_->add_option("id", ids_, "their numbers")->required();
        test_ = app.add_subcommand("test", "send a test message by a channel now");
        test_->add_option("channel", id_, "its name")->required();
        route_test_ = app.add_subcommand("route-test", "how an alert with these labels would go");
        route_test_->add_option("label", labels_, "NAME=VALUE; also kind and severity")->required();
        app.require_subcommand(0, 1);
    }

    [[nodiscard]] std::vector<std::string> roles() const override { return {"alerts"}; }
    [[nodiscard]] Needs needs() const override {
        const bool reads = status_->parsed() || show_->parsed() || route_test_->parsed() ||
                           (silences_.parsed() && !silences_.writes());
        return reads ? Needs::config : Needs::recorded_run;
    }

    Report run(Context& context) override {
        if (silences_.parsed())
            return silences_.run(context);
        auto settings = alert::Settings::load(context.config);
        const auto database = context.database();
        if (status_->parsed())
            return status_report(alert::status(database, settings));
        if (show_->parsed())
            return show_report(alert::show(database, settings, id_));
        if (retry_->parsed())
            return counted("revived", alert::retry(database, ids_));
        if (cancel_->parsed())
            return counted("cancelled", alert::cancel(database, ids_));
        if (route_test_->parsed())
            return route_report(alert::route_test(database, settings, labels_));
        alert::Options options{database, std::move(settings), follow_,
                               flush_,   context.run_id,      ping_url_};
        if (test_->parsed())
            return sent_report({{}, {{id_, alert::run_test(options, id_)}}});
        return sent_report(alert::run(options));
    }

private:
    static Report counted(const char* name, std::int64_t count) {
        return {Exit::done, {{name, count}}, {}, {}};
    }

    static Report sent_report(const alert::Outcome& outcome) {
        const auto sum = outcome.sum();
        Report report;
        report.counts = {{"decided", outcome.told.decided},
                         {"suppressed", outcome.told.suppressed},
                         {"notifications", outcome.told.notifications},
                         {"sent", sum.sent},
                         {"retry", sum.again},
                         {"dead", sum.dead}};
        report.text = fmt::format("sent {}, retry {}, dead {}, suppressed {}\n", sum.sent,
                                  sum.again, sum.dead, outcome.told.suppressed);
        for (const auto& [name, counts] : outcome.channels)
            if (counts.resting)
                report.text += name + " rests\n";
        if (sum.dead > 0)
            report.exit = Exit::rejected;
        return report;
    }

    static Report status_report(const alert::Status& status) {
        Report report;
        std::vector<std::vector<std::string>> rows{
            {"channel", "pending", "leased", "retry", "dead", "sent in 24 h", "rests until"}};
        std::string channels;
        for (const auto& c : status.channels) {
            rows.push_back({c.channel, std::to_string(c.pending), std::to_string(c.leased),
                            std::to_string(c.retry), std::to_string(c.dead),
                            std::to_string(c.sent_day), c.resting_until});
            channels += fmt::format(
                R"({}{{"channel":{},"pending":{},"leased":{},"retry":{},"dead":{},"sent_day":{},"resting_until":{}}})",
                channels.empty() ? "" : ",", json_quoted(c.channel), c.pending, c.leased, c.retry,
                c.dead, c.sent_day, json_quoted(c.resting_until));
        }
        report.counts = {{"undecided", status.undecided},
                         {"groups_waiting", status.groups_waiting},
                         {"suppressed_day", status.suppressed_day},
                         {"silences", status.silences}};
        report.data_json = "[" + channels + "]";
        report.text = fmt::format("{} alerts to decide about, {} groups wait, {} suppressed in 24 "
                                  "h, {} silences\n",
                                  status.undecided, status.groups_waiting, status.suppressed_day,
                                  status.silences);
        if (rows.size() > 1)
            report.text += table(rows);
        return report;
    }

    static Report show_report(const alert::Json& found) {
        Report report;
        report.data_json = dumped(found);
        report.text = found.dump(2, ' ', false, alert::Json::error_handler_t::replace) + "\n";
        return report;
    }

    static Report route_report(const alert::RouteTest& test) {
        Report report;
        report.data_json = "[";
        for (const auto& taken : test.routes) {
            report.text += fmt::format(
                "route {} to {} ({})\n  group {}\n  {}\n", taken.route, taken.receiver,
                taken.channels.empty() ? "nobody" : join(taken.channels, ", "), taken.group_key,
                taken.suppressed.empty() ? "would be told" : "suppressed by " + taken.suppressed);
            report.data_json += fmt::format(
                R"({}{{"route":{},"receiver":{},"group_key":{},"channels":{},"suppressed":{}}})",
                report.data_json.size() > 1 ? "," : "", json_quoted(taken.route),
                json_quoted(taken.receiver), json_quoted(taken.group_key),
                json_quoted(join(taken.channels, ",")), json_quoted(taken.suppressed));
        }
        report.data_json += "]";
        return report;
    }

    Silences silences_;
    CLI::App *status_ = nullptr, *show_ = nullptr, *retry_ = nullptr, *cancel_ = nullptr,
             *test_ = nullptr, *route_test_ = nullptr;
    bool follow_ = false, flush_ = false;
    std::string id_, ping_url_;
    std::vector<long long> ids_;
    std::vector<std::string> labels_;
};

} // namespace

std::unique_ptr<Command> make_alert() {
    return std::make_unique<Alert>();
}

} // namespace harmonia::cli

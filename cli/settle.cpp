#include "cli/command.hpp"
#include "cli/output.hpp"
#include "jobs/settle/accounts/fetch_client.hpp"
#include "jobs/settle/accounts/run.hpp"
#include "jobs/settle/accounts/scan.hpp"
#include "jobs/settle/accounts/shard.hpp"
#include "jobs/settle/accounts/topology.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

namespace accounts = settle::accounts;

using Counted = std::vector<std::pair<std::string, std::int64_t>>;

Counted counted(const accounts::Outcome& outcome) {
    const accounts::Counts& c = outcome.counts;
    return {{"rows", static_cast<std::int64_t>(outcome.rows)},
            {"transactions", static_cast<std::int64_t>(outcome.transactions)},
            {"largest", static_cast<std::int64_t>(outcome.largest)},
            {"size_p50", static_cast<std::int64_t>(outcome.size_p50)},
            {"size_p99", static_cast<std::int64_t>(outcome.size_p99)},
            {"configured", c.configured},
            {"configs_ignored", c.configs_ignored},
            {"configs_rejected", c.configs_rejected},
            {"created", c.created},
            {"resurrected", c.resurrected},
            {"prepared", c.prepared},
            {"rejected", c.rejected},
            {"committed", c.committed},
            {"dismissed", c.dismissed},
            {"failed", c.failed},
            {"unmatched", c.unmatched},
            {"changes_applied", c.changes_applied},
            {"capitalized", c.capitalized},
            {"rates_changed", c.rates_changed},
            {"infos_changed", c.infos_changed},
            {"deleted", c.deleted},
            {"deleted_in_debt", c.deleted_in_debt},
            {"heartbeats", c.heartbeats},
            {"reminders", c.reminders},
            {"purged", c.purged},
            {"busy", static_cast<std::int64_t>(outcome.busy)},
            {"put_off", static_cast<std::int64_t>(outcome.put_off)},
            {"foreign", static_cast<std::int64_t>(outcome.foreign)},
            {"parked", static_cast<std::int64_t>(outcome.parked.size())}};
}

/// `settle accounts`.
class Accounts {
public:
    void setup(CLI::App& app) {
        app_ = app.add_subcommand("accounts",
                                  "decide what waits: transfers, balances, accounts, interest");
        auto names = accounts::stage_names();
        app_->add_option("--stage", options_.stages,
                         "only this stage; may be repeated. scan, one full pass for all that "
                         "falls due with time, is done only when it is asked for")
            ->type_name("STAGE")
            ->check(CLI::IsMember(names));
        app_->add_flag("--follow", options_.follow, "stay, and settle what comes");
        app_->add_flag("--retry-parked", options_.retry_parked,
                       "try accounts again that were set aside because their work failed");
    }
    [[nodiscard]] bool parsed() const { return app_->parsed(); }

    Report run(Context& context) {
        const auto& stages = options_.stages;
        if (options_.follow &&
            std::find(stages.begin(), stages.end(), accounts::k_scan) != stages.end())
            throw Error(Exit::usage, "--follow does not go with --stage scan",
                        "Run a scan when it is time for one: from cron, a timer, or schedule.");
        options_.database = context.database("accounts");
        options_.settings = accounts::read_settings(context.config);
        accounts::FetchClient elsewhere(accounts::read_fetch_settings(context.config));
        options_.elsewhere = &elsewhere;
        return told(accounts::run(options_));
    }

private:
    static Report told(const accounts::Outcome& outcome) {
        Report report;
        report.exit = outcome.exit;
        report.counts = counted(outcome);
        report.text = counts_text(report) + "\n";
        std::string parked;
        for (const accounts::Parked& one : outcome.parked) {
            report.text += fmt::format("parked: account {}/{}, {}: {}\n", one.account.debtor_id,
                                       one.account.creditor_id, one.stage, one.error);
            parked += fmt::format(
                R"({}{{"debtor_id": {}, "creditor_id": {}, "stage": {}, "error": {}}})",
                parked.empty() ? "" : ", ", one.account.debtor_id, one.account.creditor_id,
                json_quoted(one.stage), json_quoted(one.error));
        }
        if (outcome.put_off > 0)
            report.text += "some transfers wait for a shard that does not answer\n";
        if (outcome.foreign > 0)
            report.text += "some rows belong to another realm: see drop_parent_rows\n";
        report.data_json = fmt::format(R"({{"parked": [{}]}})", parked);
        return report;
    }

    CLI::App* app_ = nullptr;
    accounts::Options options_;
};

/// `settle subscribe`, `unsubscribe` and `delete-queue`: the broker only, no database.
class Subscribe {
public:
    void setup(CLI::App& app) {
        subscribe_ = app.add_subcommand(
            "subscribe", "declare the exchanges, queue and bindings of the accounting authority");
        unsubscribe_ = app.add_subcommand(
            "unsubscribe", "remove the queue's binding and delete the queue of chores");
        delete_ = app.add_subcommand(
            "delete-queue", "delete the queue of requests; exit 75 unless it is empty and unread");
        for (CLI::App* sub : {subscribe_, unsubscribe_, delete_})
            sub->add_option("-q,--queue", queue_, "the queue of requests; default: the feed's")
                ->type_name("NAME");
        for (CLI::App* sub : {subscribe_, unsubscribe_}) {
            sub->add_option("-k,--routing-key", key_, "default: accounts.realm")
                ->type_name("REALM");
        }
        unsubscribe_
            ->add_option("-Q,--chores-queue", chores_, "the queue of chores; default: the feed's")
            ->type_name("NAME");
    }
    [[nodiscard]] bool parsed() const {
        return subscribe_->parsed() || unsubscribe_->parsed() || delete_->parsed();
    }

    Report run(Context& context) {
        accounts::Wanted wanted = accounts::wanted(context.config);
        if (!key_.empty() && !smp::Realm::parse(key_))
            throw Error(Exit::usage, "--routing-key: '" + key_ + "' is no realm",
                        smp::k_realm_form);
        for (accounts::Subscription& one : wanted.subscriptions) {
            one.queue = queue_.empty() ? one.queue : queue_;
            one.routing_key = key_.empty() ? one.routing_key : key_;
        }
        for (accounts::ChoresQueue& one : wanted.chores)
            one.queue = chores_.empty() ? one.queue : chores_;
        const auto broker_of = [&](const std::string& name) { return context.broker(name); };
        if (unsubscribe_->parsed()) {
            accounts::unsubscribe(wanted, broker_of);
            return {Exit::done, {}, "unsubscribed\n", ""};
        }
        if (delete_->parsed()) {
            accounts::delete_queues(wanted, broker_of);
            return {Exit::done, {}, "deleted\n", ""};
        }
        wanted.chores.clear();
        const auto declared = accounts::declare(wanted, broker_of);
        return {Exit::done,
                {{"exchanges", declared.exchanges},
                 {"queues", declared.queues},
                 {"bindings", declared.bindings}},
                {},
                {}};
    }

private:
    CLI::App *subscribe_ = nullptr, *unsubscribe_ = nullptr, *delete_ = nullptr;
    std::string queue_, key_, chores_;
};

/// `settle shard verify`.
Report verify_shard(Context& context) {
    const auto settings = accounts::read_settings(context.config);
    const auto connection = db::connect(context.database("accounts"));
    Report report;
    for (const auto& [table, rows] : accounts::foreign_rows(*connection, settings.realm)) {
        report.counts.emplace_back(table, rows);
        report.text += fmt::format("{}: {} rows of another realm\n", table, rows);
    }
    if (report.counts.empty())
        report.text = fmt::format("every row belongs to {}\n", settings.realm.text());
    else
        report.exit = Exit::difference;
    return report;
}

class Settle final : public Command {
public:
    void setup(CLI::App& app) override {
        app.require_subcommand(1);
        accounts_.setup(app);
        subscribe_.setup(app);
        shard_ = app.add_subcommand("shard", "look after a shard");
        shard_->require_subcommand(1);
        shard_->add_subcommand("verify", "exit 4 unless every row belongs to this realm");
    }
    [[nodiscard]] Needs needs() const override {
        return accounts_.parsed() ? Needs::recorded_run : Needs::config;
    }
    [[nodiscard]] std::vector<std::string> roles() const override { return {"accounts"}; }
    Report run(Context& context) override {
        if (subscribe_.parsed())
            return subscribe_.run(context);
        return shard_->parsed() ? verify_shard(context) : accounts_.run(context);
    }

private:
    Accounts accounts_;
    Subscribe subscribe_;
    CLI::App* shard_ = nullptr;
};

} // namespace

std::unique_ptr<Command> make_settle() {
    return std::make_unique<Settle>();
}

} // namespace harmonia::cli

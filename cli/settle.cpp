// `harmonia settle`: account requests, and the broker's queues for them.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/settle/accounts/fetch/client.hpp"
#include "jobs/settle/accounts/run.hpp"
#include "jobs/settle/accounts/stages/scan.hpp"
#include "jobs/settle/accounts/store/foreign.hpp"
#include "jobs/settle/accounts/topology.hpp"

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
            {"put_off", static_cast<std::int64_t>(outcome.postponed)},
            {"foreign", static_cast<std::int64_t>(outcome.foreign)},
            {"parked", static_cast<std::int64_t>(outcome.parked.size())}};
}

/// `settle accounts`.
class Accounts {
public:
    void setup(Arguments settle) {
        verb_ = settle.subcommand(
            "accounts", "process pending transfers, balance changes, accounts and interest");
        const auto names = accounts::stage_names();
        verb_
            .texts("--stage STAGE", options_.stages,
                   fmt::format("only these stages: {} [default: all but {}]", join(names, ", "),
                               accounts::k_scan))
            .choices(names);
        verb_.flag("--follow", options_.follow, "keep running and process requests as they arrive");
        verb_.flag("--retry-parked", options_.retry_parked,
                   "retry accounts that were parked because their work failed");
    }
    [[nodiscard]] bool parsed() const { return verb_.parsed(); }

    Report run(Context& context) {
        const auto& stages = options_.stages;
        if (options_.follow &&
            std::find(stages.begin(), stages.end(), accounts::k_scan) != stages.end())
            throw Error(Exit::usage, "--follow cannot be combined with --stage scan",
                        "Schedule scans separately, for example with cron or a systemd timer.");
        options_.database = context.database("accounts");
        options_.settings = accounts::read_settings(context.config);
        accounts::FetchClient remote(accounts::read_fetch_settings(context.config));
        options_.remote = &remote;
        return report_of(accounts::run(options_));
    }

private:
    static Report report_of(const accounts::Outcome& outcome) {
        Report report;
        report.exit = outcome.exit;
        report.counts = counted(outcome);
        report.text = counts_text(report) + "\n";
        json::Writer writer;
        writer.open('{').key("parked").open('[');
        for (const accounts::Parked& one : outcome.parked) {
            report.text += fmt::format("parked: account {}/{}, {}: {}\n", one.account.debtor_id,
                                       one.account.creditor_id, one.stage, one.error);
            writer.open('{')
                .member("debtor_id", one.account.debtor_id)
                .member("creditor_id", one.account.creditor_id)
                .member("stage", one.stage)
                .member("error", one.error)
                .close('}');
        }
        if (outcome.postponed > 0)
            report.text += "some transfers are waiting for a shard that does not answer\n";
        if (outcome.foreign > 0)
            report.text += "some rows belong to another realm: see accounts.drop_parent_rows\n";
        report.data_json = writer.close(']').close('}').take();
        return report;
    }

    Arguments verb_;
    accounts::Options options_;
};

/// `settle subscribe`, `unsubscribe` and `delete-queue`: the broker only, no database.
class Subscribe {
public:
    void setup(Arguments settle) {
        subscribe_ = settle.subcommand(
            "subscribe", "declare the accounting authority's exchanges, queue and bindings");
        unsubscribe_ = settle.subcommand(
            "unsubscribe", "remove the request queue's binding and delete the chores queue");
        delete_ = settle.subcommand(
            "delete-queue", "delete the request queue; exit 75 unless it is empty and unused");
        for (Arguments* verb : {&subscribe_, &unsubscribe_, &delete_})
            verb->text("-q,--queue NAME", queue_, "request queue [default: the feed's]");
        for (Arguments* verb : {&subscribe_, &unsubscribe_})
            verb->text("-k,--routing-key REALM", key_,
                       "routing key, a realm [default: accounts.realm]");
        unsubscribe_.text("-Q,--chores-queue NAME", chores_, "chores queue [default: the feed's]");
    }
    [[nodiscard]] bool parsed() const {
        return subscribe_.parsed() || unsubscribe_.parsed() || delete_.parsed();
    }

    Report run(Context& context) {
        accounts::NeededQueues needed = accounts::needed_queues(context.config);
        if (!key_.empty() && !smp::Realm::parse(key_))
            throw Error(Exit::usage, "--routing-key must be a realm, got '" + key_ + "'",
                        smp::k_realm_form);
        for (accounts::Subscription& one : needed.subscriptions) {
            one.queue = queue_.empty() ? one.queue : queue_;
            one.routing_key = key_.empty() ? one.routing_key : key_;
        }
        for (accounts::ChoresQueue& one : needed.chores)
            one.queue = chores_.empty() ? one.queue : chores_;
        const auto broker_of = [&](const std::string& name) { return context.broker(name); };
        if (unsubscribe_.parsed()) {
            accounts::unsubscribe(needed, broker_of);
            return {Exit::done, {}, "unsubscribed\n", ""};
        }
        if (delete_.parsed()) {
            accounts::delete_queues(needed, broker_of);
            return {Exit::done, {}, "deleted\n", ""};
        }
        needed.chores.clear();
        const auto declared = accounts::declare(needed, broker_of);
        return {Exit::done,
                {{"exchanges", declared.exchanges},
                 {"queues", declared.queues},
                 {"bindings", declared.bindings}},
                {},
                {}};
    }

private:
    Arguments subscribe_, unsubscribe_, delete_;
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
    void setup(Arguments arguments) override {
        arguments.require_subcommand();
        accounts_.setup(arguments);
        subscribe_.setup(arguments);
        shard_ = arguments.subcommand("shard", "check a shard");
        shard_.require_subcommand();
        shard_.subcommand("verify", "exit 4 unless every row belongs to this realm");
    }
    [[nodiscard]] Needs needs() const override {
        return accounts_.parsed() ? Needs::recorded_run : Needs::config;
    }
    [[nodiscard]] std::vector<std::string> roles() const override { return {"accounts"}; }
    Report run(Context& context) override {
        if (subscribe_.parsed())
            return subscribe_.run(context);
        return shard_.parsed() ? verify_shard(context) : accounts_.run(context);
    }

private:
    Accounts accounts_;
    Subscribe subscribe_;
    Arguments shard_;
};

} // namespace

std::unique_ptr<Command> make_settle() {
    return std::make_unique<Settle>();
}

} // namespace harmonia::cli

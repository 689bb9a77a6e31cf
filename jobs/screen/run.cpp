#include "jobs/screen/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/config/config.hpp"
#include "core/db/wait.hpp"
#include "core/observe/alert_event.hpp"
#include "core/time/clock.hpp"
#include "jobs/screen/run_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <thread>

namespace harmonia::screen {
namespace {

constexpr unsigned k_threads_max = 64;
/// A batch that was closed is what a run can see; facts of closed batches come by `reidentify`.
constexpr std::array k_wake_channels{"harmonia_imported", "harmonia_facts"};

/// What people must hear of even if nobody reads the log. Never hides the failure itself.
void tell_failure(const Settings& settings, const std::string& ruleset, const Error& error) {
    try {
        const auto connection = db::connect(settings.database);
        db::Transaction tx(*connection);
        observe::AlertEvent event;
        event.kind = "screen.failed";
        event.severity = "critical";
        event.at_us = time::system_clock().now_us();
        event.labels = {{"ruleset", ruleset},
                        {"exit", std::to_string(static_cast<int>(error.exit()))}};
        event.summary = fmt::format("screening by {} failed: {}", ruleset, error.what());
        observe::raise_alerts(tx, {&event, 1}, {settings.publish.alerts});
        tx.commit(Failpoint::screen_manage_commit);
    } catch (const std::exception& second) {
        log::warn("no alert could be raised", {{"error", second.what()}});
    }
}

bool is_active(db::Transaction& tx, const std::string& ruleset) {
    return find_ruleset(tx, {ruleset, 0}).has_value();
}

/// Rule sets asked for, or those that have work.
std::vector<std::string> chosen(const Settings& settings, const Options& options,
                                std::vector<std::string>& inactive) {
    const auto connection = db::connect(settings.database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    std::vector<std::string> wanted = options.rulesets;
    const auto add = [&](const char* query) {
        const auto rows = tx.exec(query);
        for (std::size_t i = 0; i < rows.size(); ++i)
            wanted.emplace_back(rows.text(i, 0));
    };
    if (wanted.empty() && options.rescreen) {
        add("SELECT DISTINCT ruleset FROM screening.standing WHERE stale");
    } else if (wanted.empty()) {
        add("SELECT DISTINCT ruleset FROM screening.waiting");
        add("SELECT DISTINCT ruleset FROM screening.screen_run WHERE ended_at IS NULL AND mode = "
            "'live'");
    }
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    std::erase_if(wanted, [&](const std::string& name) {
        if (is_active(tx, name))
            return false;
        inactive.push_back(name);
        return true;
    });
    return wanted;
}

} // namespace

Settings read_settings(const config::Value& root, db::Settings database) {
    Settings settings;
    settings.database = std::move(database);
    if (const auto alerts = config::lookup(root, "alerts.publish"))
        settings.publish.alerts = alerts->as_boolean();
    const auto section = config::lookup(root, "screening");
    if (!section)
        return settings;
    config::Reader reader(*section);
    settings.second_person = reader.boolean("require_second_person", settings.second_person);
    settings.publish.publish = reader.boolean("publish", settings.publish.publish);
    if (const auto legacy = reader.optional("legacy_reply")) {
        settings.publish.legacy_reply = legacy->as_boolean();
        if (settings.publish.legacy_reply && !settings.publish.publish)
            legacy->fail("legacy_reply is part of messages, and publish is false");
    }
    if (const auto due = reader.optional("review_due"))
        settings.publish.review_due_ms = due->as_duration_ms();
    settings.rate.percent = static_cast<int>(reader.integer("decline_alert", 0, 0, 100));
    settings.rate.rows = reader.integer("decline_alert_rows", settings.rate.rows, 1, 100'000'000);
    settings.chunk_rows = static_cast<std::size_t>(
        reader.integer("chunk_rows", static_cast<long long>(settings.chunk_rows), 1, k_chunk_rows));
    if (const auto memory = reader.optional("memory")) {
        settings.memory = static_cast<std::uint64_t>(memory->as_size_bytes());
        if (settings.memory < k_memory_min)
            memory->fail("memory is 64MiB at least");
    }
    settings.threads = static_cast<unsigned>(reader.integer("threads", 0, 0, k_threads_max));
    if (settings.threads == 0)
        settings.threads = std::max(1U, std::thread::hardware_concurrency());
    reader.finish();
    return settings;
}

Outcomes run(const Settings& settings, const Options& options) {
    Outcomes out;
    for (const std::string& name : chosen(settings, options, out.inactive)) {
        try {
            auto results = RulesetPass(settings, options, name).run();
            std::move(results.begin(), results.end(), std::back_inserter(out.runs));
        } catch (const Error& error) {
            if (error.exit() == Exit::config || error.exit() == Exit::internal ||
                error.exit() == Exit::failure)
                tell_failure(settings, name, error);
            throw;
        }
    }
    return out;
}

void follow(const Settings& settings, const Options& options,
            const std::function<void(const Outcomes&)>& told) {
    const auto connection = db::connect(settings.database);
    for (const char* channel : k_wake_channels)
        connection->listen(channel);
    std::set<std::string> complained;
    while (stop_signal() == 0) {
        try {
            const Outcomes outcomes = run(settings, options);
            for (const std::string& name : outcomes.inactive)
                if (complained.insert(name).second)
                    log::error("payments wait for a rule set that has no active version",
                               {{"ruleset", name}});
            if (!outcomes.runs.empty())
                told(outcomes);
        } catch (const Error& error) {
            if (error.exit() != Exit::try_again)
                throw;
            log::info("tried again later", {{"why", error.what()}});
        }
        db::wait_for_work(*connection, options.look_again);
    }
    throw_if_stopped();
}

} // namespace harmonia::screen

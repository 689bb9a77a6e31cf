#include "jobs/screen/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
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

/// A run sees closed batches; `reidentify` adds facts to batches that were closed before.
constexpr std::array k_wake_channels{"harmonia_imported", "harmonia_facts"};

/// So that people learn of it without reading the log. Never hides the failure itself.
void raise_failure_alert(const Settings& settings, const std::string& ruleset, const Error& error) {
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
        log::warn("cannot raise an alert", {{"error", second.what()}});
    }
}

bool is_active(db::Transaction& tx, const std::string& ruleset) {
    return find_ruleset(tx, {ruleset, 0}).has_value();
}

/// The rule sets of the options, or those with work.
std::vector<std::string> chosen(const Settings& settings, const Options& options,
                                std::vector<std::string>& inactive) {
    const auto connection = db::connect(settings.database);
    db::Transaction tx(*connection, db::Transaction::Mode::repeatable_read_only);
    std::vector<std::string> wanted = options.rulesets;
    if (wanted.empty())
        wanted = options.rescreen ? rulesets_with_stale_verdicts(tx)
                                  : rulesets_with_pending_payments(tx);
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

Outcomes run(const Settings& settings, const Options& options) {
    Outcomes out;
    for (const std::string& name : chosen(settings, options, out.inactive)) {
        try {
            auto results = RulesetPass(settings, options, name).run();
            std::move(results.begin(), results.end(), std::back_inserter(out.runs));
        } catch (const Error& error) {
            if (error.exit() == Exit::config || error.exit() == Exit::internal ||
                error.exit() == Exit::failure)
                raise_failure_alert(settings, name, error);
            throw;
        }
    }
    return out;
}

void follow(const Settings& settings, const Options& options,
            const std::function<void(const Outcomes&)>& on_pass) {
    const auto connection = db::connect(settings.database);
    for (const char* channel : k_wake_channels)
        connection->listen(channel);
    std::set<std::string> reported;
    while (stop_signal() == 0) {
        try {
            const Outcomes outcomes = run(settings, options);
            for (const std::string& name : outcomes.inactive)
                if (reported.insert(name).second)
                    log::error("payments are held by a rule set without an active version",
                               {{"ruleset", name}});
            if (!outcomes.runs.empty())
                on_pass(outcomes);
        } catch (const Error& error) {
            if (error.exit() != Exit::try_again)
                throw;
            log::info("retrying later", {{"why", error.what()}});
        }
        db::wait_for_work(*connection, options.look_again);
    }
    throw_if_stopped();
}

} // namespace harmonia::screen

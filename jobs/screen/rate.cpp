#include "jobs/screen/rate.hpp"

#include "core/observe/alert_event.hpp"
#include "core/time/clock.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace harmonia::screen {

void tell_rate(db::Connection& connection, std::int64_t run, const RateLimit& limit,
               bool publish_alert) {
    if (limit.percent == 0)
        return;
    db::Transaction tx(connection);
    // Of the whole run, also of what one that was killed wrote of it.
    const auto row = tx.exec("SELECT ruleset, version, rows, declined FROM screening.screen_run "
                             "WHERE id = $1",
                             static_cast<long long>(run));
    const std::string ruleset(row.text(0, 0));
    const std::int64_t rows = row.integer(0, 2), declined = row.integer(0, 3);
    if (rows < limit.rows || declined * 100 <= rows * limit.percent)
        return;
    observe::AlertEvent event;
    event.kind = "fraud.rate";
    event.severity = "critical";
    event.at_us = time::system_clock().now_us();
    event.labels = {{"ruleset", ruleset}, {"outcome", "declined"}};
    event.summary = fmt::format("{}@{} declined {} of {} payments, more than {} %", ruleset,
                                row.integer(0, 1), declined, rows, limit.percent);
    event.details = nlohmann::json{{"rows", rows}, {"declined", declined}}.dump();
    event.correlation = nlohmann::json{{"screen_run", run}}.dump();
    event.verdict = observe::VerdictKey{"screen", "run", std::to_string(run), ruleset, 1};
    observe::raise_alerts(tx, {&event, 1}, {publish_alert});
    tx.commit(Failpoint::screen_manage_commit);
}

} // namespace harmonia::screen

#include "jobs/screen/store/rate.hpp"

#include "core/json/writer.hpp"
#include "core/observe/alert_event.hpp"
#include "core/time/clock.hpp"

#include <fmt/format.h>

namespace harmonia::screen {

void raise_rate_alert(db::Connection& connection, std::int64_t run, const RateLimit& limit,
                      bool publish_alert) {
    if (limit.percent == 0)
        return;
    db::Transaction tx(connection);
    // Counts of the whole run, including what a process that was killed had written.
    const db::Row counted =
        tx.exec("SELECT ruleset, version, rows, declined FROM screening.screen_run WHERE id = $1",
                run)
            .only();
    const std::string ruleset(counted.text("ruleset"));
    const std::int64_t rows = counted.integer("rows"), declined = counted.integer("declined");
    if (rows < limit.rows || declined * 100 <= rows * limit.percent)
        return;
    observe::AlertEvent event;
    event.kind = "fraud.rate";
    event.severity = "critical";
    event.at_us = time::system_clock().now_us();
    event.labels = {{"ruleset", ruleset}, {"outcome", "declined"}};
    event.summary = fmt::format("{}@{} declined {} of {} payments, more than {} %", ruleset,
                                counted.integer("version"), declined, rows, limit.percent);
    event.details = json::Writer()
                        .open('{')
                        .member("declined", declined)
                        .member("rows", rows)
                        .close('}')
                        .take();
    event.correlation = json::Writer().open('{').member("screen_run", run).close('}').take();
    event.verdict = observe::VerdictKey{"screen", "run", std::to_string(run), ruleset, 1};
    observe::raise_alerts(tx, {&event, 1}, {publish_alert});
    tx.commit(Failpoint::screen_manage_commit);
}

} // namespace harmonia::screen

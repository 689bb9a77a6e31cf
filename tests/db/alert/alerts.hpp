// Raises alerts, lets time pass and runs the job: in this process, or in a child that a failpoint
// may kill.
#pragma once

#include "core/config/config.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/alert/run.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace harmonia::test {

class Alerts {
public:
    explicit Alerts(std::string yaml) : yaml_("alerts:\n" + std::move(yaml)) {
        ::signal(SIGPIPE, SIG_IGN); // as the program does
    }

    [[nodiscard]] const TempDatabase& database() const { return database_; }

    void raise(const std::vector<observe::AlertEvent>& events) const {
        const auto connection = database_.connect();
        db::Transaction tx(*connection);
        observe::raise_alerts(tx, events);
        tx.commit(Failpoint::run_open_commit);
    }
    /// As if this time had passed: everything that is stored is older.
    void age(const std::string& interval) const {
        const std::string by = " - interval '" + interval + "'";
        const auto older = [&](const char* table, const std::vector<const char*>& columns) {
            std::string set;
            for (const char* column : columns)
                set += (set.empty() ? "" : ", ") + std::string(column) + " = " + column + by;
            database_.execute("UPDATE screening." + std::string(table) + " SET " + set);
        };
        older("alert", {"received_at", "last_seen", "ends_at"});
        older("alert_group", {"next_at", "last_sent"});
        older("delivery", {"retry_at", "lease_until"});
        older("channel_state", {"open_until"});
        older("throttle", {"full_at"});
    }
    [[nodiscard]] alert::Outcome run(bool flush = false) const {
        return alert::run(options(flush));
    }
    /// Decides and groups; sends nothing.
    void notify() const {
        const auto connection = database_.connect();
        static_cast<void>(alert::notify(*connection, options().settings, true));
    }
    [[nodiscard]] alert::Options options(bool flush = false) const {
        return {database_.settings(),
                alert::Settings::load(config::parse(yaml_, "test")),
                false,
                flush,
                "test-run",
                ""};
    }
    /// The same in a child process, with a failpoint's line.
    [[nodiscard]] Finished run_child(const TempDir& directory, const std::string& failpoint) const {
        return test::run(child(directory, failpoint));
    }
    [[nodiscard]] Launch child(const TempDir& directory, const std::string& failpoint) const {
        static_cast<void>(directory.write("alerts.yaml", yaml_));
        static_cast<void>(
            test::run({{"/bin/mkdir", "-p", directory.path() + "/failpoints"}, {}, "", 0}));
        const std::string armed = directory.write("failpoints/armed", failpoint + "\n");
        return {{"/proc/self/exe", "ALERT_CHILD"},
                {{"ALERT_DSN", database_.dsn()},
                 {"ALERT_CONFIG", directory.path() + "/alerts.yaml"},
                 {"HARMONIA_FAILPOINT_FILE", armed}},
                "",
                0};
    }

private:
    TempDatabase database_;
    std::string yaml_;
};

/// A declined payment of a card at a merchant.
inline observe::AlertEvent declined(int number, const std::string& merchant,
                                    const std::string& severity = "critical",
                                    const std::string& card = "0622241201382a45") {
    observe::AlertEvent event;
    event.kind = "fraud.verdict";
    event.severity = severity;
    event.at_us = 1'772'619'000'000'000;
    event.labels = {
        {"card", card}, {"ruleset", "cards"}, {"outcome", "declined"}, {"merchant", merchant}};
    event.summary = "declined t" + std::to_string(number);
    event.verdict = {"shop", "AUTH", "t" + std::to_string(number), "cards", 1};
    return event;
}

} // namespace harmonia::test

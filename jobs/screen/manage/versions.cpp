#include "jobs/screen/manage/versions.hpp"

#include "core/card/redact.hpp"
#include "core/observe/alert_event.hpp"
#include "core/time/clock.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

/// Serializes changes to one rule set: its versions are looked at, then changed.
void lock_ruleset(db::Transaction& tx, const std::string& name) {
    tx.exec("SELECT pg_advisory_xact_lock(hashtextextended('screening.rule_set ' || $1, 0))", name);
}

void require_version(const RulesetName& wanted) {
    if (wanted.version == 0)
        throw Error(Exit::usage, fmt::format("'{}' has no version", wanted.name),
                    fmt::format("Write {}@1, or the version that you mean.", wanted.name));
}

void make_live(db::Transaction& tx, const StoredRuleset& next, const char* cause,
               const std::string& by, const std::string& note, bool publish_alert) {
    tx.exec("UPDATE screening.rule_set SET status = 'retired' WHERE name = $1 AND status = 'live'",
            next.name);
    tx.exec("UPDATE screening.rule_set SET status = 'live' WHERE name = $1 AND version = $2",
            next.name, next.version);
    tx.exec(R"(
        INSERT INTO screening.rule_activation (ruleset, version, cause, activated_by, note)
        VALUES ($1, $2, $3, $4, $5))",
            next.name, next.version, cause, by, card::redact(note));
    observe::AlertEvent event;
    event.kind = "rules.activated";
    event.severity = "info";
    event.at_us = time::system_clock().now_us();
    event.labels = {{"ruleset", next.name}, {"version", std::to_string(next.version)}};
    event.summary = fmt::format("{}@{} is active ({} by {})", next.name, next.version, cause, by);
    observe::raise_alerts(tx, {&event, 1}, {publish_alert});
}

} // namespace

int submit_ruleset(db::Connection& connection, const RulesetFile& file, const std::string& by,
                   const std::string& note) {
    db::Transaction tx(connection);
    lock_ruleset(tx, file.ruleset.name);
    const auto newest = tx.exec(R"(
        SELECT version, digest
          FROM screening.rule_set
         WHERE name = $1
         ORDER BY version DESC
         LIMIT 1)",
                                file.ruleset.name)
                            .optional_row();
    const int last = newest ? static_cast<int>(newest->integer("version")) : 0;
    if (newest && newest->text("digest") == file.ruleset.digest)
        throw Error(Exit::config,
                    fmt::format("unchanged: equal to {}@{} (digest {})", file.ruleset.name, last,
                                file.ruleset.digest.substr(0, 12)),
                    "Changes of comments and layout do not count.");
    const int version = last + 1;
    tx.exec(R"(
        INSERT INTO screening.rule_set
               (name, version, digest, yaml, submitted_by, note, lookback_us)
        VALUES ($1, $2, $3, $4, $5, $6, $7))",
            file.ruleset.name, version, file.ruleset.digest, file.yaml, by, card::redact(note),
            file.ruleset.lookback_us());
    tx.commit(Failpoint::screen_manage_commit);
    return version;
}

void approve_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                     bool second_person) {
    require_version(wanted);
    db::Transaction tx(connection);
    lock_ruleset(tx, wanted.name);
    const StoredRuleset found = require_ruleset(tx, wanted);
    if (found.status != "draft")
        throw Error(Exit::config,
                    fmt::format("{} is {}, not a draft", print_ruleset_name(wanted), found.status));
    if (second_person && found.submitted_by == by)
        throw Error(Exit::config, fmt::format("{} submitted {}", by, print_ruleset_name(wanted)),
                    "Someone else must approve it (screening.require_second_person).");
    tx.exec(R"(
        UPDATE screening.rule_set
           SET status = 'approved', approved_by = $3, approved_at = now()
         WHERE name = $1 AND version = $2)",
            wanted.name, wanted.version, by);
    tx.commit(Failpoint::screen_manage_commit);
}

void activate_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                      const std::string& note, bool publish_alert) {
    require_version(wanted);
    db::Transaction tx(connection);
    lock_ruleset(tx, wanted.name);
    const StoredRuleset found = require_ruleset(tx, wanted);
    if (found.status == "live")
        return;
    if (found.status == "draft")
        throw Error(Exit::config, fmt::format("{} is a draft", print_ruleset_name(wanted)),
                    fmt::format("harmonia screen rules approve {} approves it.",
                                print_ruleset_name(wanted)));
    make_live(tx, found, "activate", by, note, publish_alert);
    tx.commit(Failpoint::screen_manage_commit);
}

int rollback_ruleset(db::Connection& connection, const std::string& name, const std::string& by,
                     const std::string& note, bool publish_alert) {
    db::Transaction tx(connection);
    lock_ruleset(tx, name);
    const StoredRuleset live = require_ruleset(tx, {name, 0});
    const auto previous = tx.exec(R"(
        SELECT version
          FROM screening.rule_activation
         WHERE ruleset = $1 AND version <> $2
         ORDER BY id DESC
         LIMIT 1)",
                                  name, live.version)
                              .optional_row();
    if (!previous)
        throw Error(Exit::config, fmt::format("{}@{} is the only version of '{}' that was ever "
                                              "active",
                                              name, live.version, name));
    const int version = static_cast<int>(previous->integer("version"));
    make_live(tx, require_ruleset(tx, {name, version}), "rollback", by, note, publish_alert);
    tx.commit(Failpoint::screen_manage_commit);
    return version;
}

void shadow_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& until,
                    const std::string& by) {
    require_version(wanted);
    db::Transaction tx(connection);
    lock_ruleset(tx, wanted.name);
    if (require_ruleset(tx, wanted).status == "live")
        throw Error(Exit::usage, fmt::format("{} is the live version", print_ruleset_name(wanted)));
    tx.exec(R"(
        INSERT INTO screening.rule_shadow (ruleset, version, until, started_by)
        VALUES ($1, $2, $3::timestamptz, $4)
            ON CONFLICT (ruleset, version) DO UPDATE
           SET until = excluded.until, started_by = excluded.started_by, started_at = now())",
            wanted.name, wanted.version, until, by);
    tx.commit(Failpoint::screen_manage_commit);
}

} // namespace harmonia::screen

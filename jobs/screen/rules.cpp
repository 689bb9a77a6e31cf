#include "jobs/screen/rules.hpp"

#include "core/base/text.hpp"
#include "core/card/redact.hpp"
#include "core/observe/alert_event.hpp"
#include "core/time/clock.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace harmonia::screen {
namespace {

std::string written(const RulesetName& one) {
    return one.version == 0 ? one.name : fmt::format("{}@{}", one.name, one.version);
}

StoredRuleset row_of(const db::Result& rows, std::size_t i) {
    const auto text = [&](std::size_t column) { return std::string(rows.text(i, column)); };
    return {text(0), static_cast<int>(rows.integer(i, 1)),
            text(2), text(3),
            text(4), text(5),
            text(6), text(7),
            text(8), text(9)};
}

constexpr const char* k_columns =
    "SELECT name, version, digest, yaml, status, submitted_by, submitted_at, approved_by, "
    "approved_at, note FROM screening.rule_set ";

/// Serialises changes to one rule set: its versions are looked at, then changed.
void lock_ruleset(db::Transaction& tx, const std::string& name) {
    tx.exec("SELECT pg_advisory_xact_lock(hashtextextended('screening.rule_set ' || $1, 0))", name);
}

StoredRuleset must_find(db::Transaction& tx, const RulesetName& wanted) {
    auto found = find_ruleset(tx, wanted);
    if (!found)
        throw Error(Exit::config,
                    wanted.version == 0
                        ? fmt::format("no version of rule set '{}' is active", wanted.name)
                        : fmt::format("there is no rule set {}", written(wanted)),
                    "harmonia screen rules list shows them; rules activate NAME@VERSION makes one "
                    "active.");
    return std::move(*found);
}

void must_be_versioned(const RulesetName& wanted) {
    if (wanted.version == 0)
        throw Error(Exit::usage, fmt::format("'{}' names no version", wanted.name),
                    fmt::format("Write {}@1, or the version that you mean.", wanted.name));
}

void make_live(db::Transaction& tx, const StoredRuleset& next, const char* cause,
               const std::string& by, const std::string& note, bool publish_alert) {
    tx.exec("UPDATE screening.rule_set SET status = 'retired' WHERE name = $1 AND status = 'live'",
            next.name);
    tx.exec("UPDATE screening.rule_set SET status = 'live' WHERE name = $1 AND version = $2",
            next.name, next.version);
    tx.exec("INSERT INTO screening.rule_activation (ruleset, version, cause, activated_by, note) "
            "VALUES ($1, $2, $3, $4, $5)",
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

RulesetName parse_ruleset_name(const std::string& text) {
    const auto at = text.rfind('@');
    if (at == std::string::npos && !text.empty())
        return {text, 0};
    const auto version = at == std::string::npos ? std::nullopt : parse_int(text.substr(at + 1));
    if (at == 0 || !version || *version < 1 || *version > 1'000'000'000)
        throw Error(Exit::usage, fmt::format("'{}' names no rule set", printable(text)),
                    "Write NAME, or NAME@VERSION.");
    return {text.substr(0, at), static_cast<int>(*version)};
}

RulesetFile read_ruleset_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw Error(Exit::no_input, fmt::format("cannot read {}", path));
    std::ostringstream text;
    text << file.rdbuf();
    RulesetFile out{text.str(), {}};
    out.ruleset = Ruleset::parse(out.yaml, path);
    return out;
}

std::vector<StoredRuleset> list_rulesets(db::Transaction& tx, const std::string& name) {
    const auto rows = tx.exec(std::string(k_columns) + "WHERE $1 = '' OR name = $1 "
                                                       "ORDER BY name COLLATE \"C\", version DESC",
                              name);
    std::vector<StoredRuleset> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back(row_of(rows, i));
    return out;
}

std::optional<StoredRuleset> find_ruleset(db::Transaction& tx, const RulesetName& wanted) {
    const auto rows =
        tx.exec(std::string(k_columns) + "WHERE name = $1 AND CASE WHEN $2::int = 0 THEN status = "
                                         "'live' ELSE version = $2 END",
                wanted.name, wanted.version);
    if (rows.empty())
        return std::nullopt;
    return row_of(rows, 0);
}

LoadedRuleset load_ruleset(db::Transaction& tx, const RulesetName& wanted) {
    LoadedRuleset out{must_find(tx, wanted), {}};
    out.ruleset =
        Ruleset::parse(out.stored.yaml, fmt::format("{}@{}", out.stored.name, out.stored.version));
    return out;
}

int submit_ruleset(db::Connection& connection, const RulesetFile& file, const std::string& by,
                   const std::string& note) {
    db::Transaction tx(connection);
    lock_ruleset(tx, file.ruleset.name);
    const auto newest = tx.exec("SELECT version, digest FROM screening.rule_set WHERE name = $1 "
                                "ORDER BY version DESC LIMIT 1",
                                file.ruleset.name);
    if (!newest.empty() && newest.text(0, 1) == file.ruleset.digest)
        throw Error(Exit::config,
                    fmt::format("unchanged: it says the same as {}@{} (digest {})",
                                file.ruleset.name, newest.integer(0, 0),
                                file.ruleset.digest.substr(0, 12)),
                    "Comments and layout make no version.");
    const int version = newest.empty() ? 1 : static_cast<int>(newest.integer(0, 0)) + 1;
    tx.exec("INSERT INTO screening.rule_set (name, version, digest, yaml, submitted_by, note, "
            "lookback_us) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            file.ruleset.name, version, file.ruleset.digest, file.yaml, by, card::redact(note),
            static_cast<long long>(file.ruleset.lookback_us()));
    tx.commit(Failpoint::screen_manage_commit);
    return version;
}

void approve_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                     bool second_person) {
    must_be_versioned(wanted);
    db::Transaction tx(connection);
    lock_ruleset(tx, wanted.name);
    const StoredRuleset found = must_find(tx, wanted);
    if (found.status != "draft")
        throw Error(Exit::config,
                    fmt::format("{} is {}, not a draft", written(wanted), found.status));
    if (second_person && found.submitted_by == by)
        throw Error(Exit::config, fmt::format("{} submitted {}", by, written(wanted)),
                    "Another person must approve it (screening.require_second_person).");
    tx.exec("UPDATE screening.rule_set SET status = 'approved', approved_by = $3, "
            "approved_at = now() WHERE name = $1 AND version = $2",
            wanted.name, wanted.version, by);
    tx.commit(Failpoint::screen_manage_commit);
}

void activate_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& by,
                      const std::string& note, bool publish_alert) {
    must_be_versioned(wanted);
    db::Transaction tx(connection);
    lock_ruleset(tx, wanted.name);
    const StoredRuleset found = must_find(tx, wanted);
    if (found.status == "live")
        return;
    if (found.status == "draft")
        throw Error(Exit::config, fmt::format("{} is a draft", written(wanted)),
                    fmt::format("harmonia screen rules approve {}", written(wanted)));
    make_live(tx, found, "activate", by, note, publish_alert);
    tx.commit(Failpoint::screen_manage_commit);
}

int rollback_ruleset(db::Connection& connection, const std::string& name, const std::string& by,
                     const std::string& note, bool publish_alert) {
    db::Transaction tx(connection);
    lock_ruleset(tx, name);
    const StoredRuleset live = must_find(tx, {name, 0});
    const auto former = tx.exec("SELECT version FROM screening.rule_activation WHERE ruleset = $1 "
                                "AND version <> $2 ORDER BY id DESC LIMIT 1",
                                name, live.version);
    if (former.empty())
        throw Error(Exit::config, fmt::format("{}@{} is the only version of '{}' that was active",
                                              name, live.version, name));
    const int version = static_cast<int>(former.integer(0, 0));
    make_live(tx, must_find(tx, {name, version}), "rollback", by, note, publish_alert);
    tx.commit(Failpoint::screen_manage_commit);
    return version;
}

void shadow_ruleset(db::Connection& connection, const RulesetName& wanted, const std::string& until,
                    const std::string& by) {
    must_be_versioned(wanted);
    db::Transaction tx(connection);
    lock_ruleset(tx, wanted.name);
    if (must_find(tx, wanted).status == "live")
        throw Error(Exit::usage, fmt::format("{} is the live version", written(wanted)));
    tx.exec("INSERT INTO screening.rule_shadow (ruleset, version, until, started_by) "
            "VALUES ($1, $2, $3::timestamptz, $4) ON CONFLICT (ruleset, version) DO UPDATE "
            "SET until = excluded.until, started_by = excluded.started_by, started_at = now()",
            wanted.name, wanted.version, until, by);
    tx.commit(Failpoint::screen_manage_commit);
}

std::vector<int> shadow_versions(db::Transaction& tx, const std::string& name) {
    const auto rows = tx.exec("SELECT version FROM screening.rule_shadow WHERE ruleset = $1 AND "
                              "until > now() ORDER BY version",
                              name);
    std::vector<int> out;
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back(static_cast<int>(rows.integer(i, 0)));
    return out;
}

} // namespace harmonia::screen

#include "jobs/screen/manage/lists.hpp"

#include "core/card/redact.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

constexpr const char* k_create_wanted = R"(
    CREATE TEMP TABLE wanted (
        value text,
        reason text,
        starts_at timestamptz,
        expires_at timestamptz,
        added_by text)
        ON COMMIT DROP)";

/// First entries in force that differ are ended, then those that are not in force are added.
constexpr const char* k_end_replaced = R"(
    UPDATE screening.value_list_entry e
       SET removed_revision = $2, removed_by = $3
      FROM wanted w
     WHERE e.list = $1
       AND e.value = w.value
       AND e.removed_revision IS NULL
       AND (e.reason, e.starts_at, e.expires_at)
           IS DISTINCT FROM (w.reason, w.starts_at, w.expires_at))";
constexpr const char* k_add = R"(
    INSERT INTO screening.value_list_entry
           (list, value, added_by, reason, starts_at, expires_at, revision)
    SELECT DISTINCT ON (value) $1, value, added_by, reason, starts_at, expires_at, $2::bigint
      FROM wanted w
     WHERE NOT EXISTS (
           SELECT
             FROM screening.value_list_entry e
            WHERE e.list = $1 AND e.value = w.value AND e.removed_revision IS NULL)
     ORDER BY value)";

/// Rates that are new or differ from the newest known one of their day.
constexpr const char* k_add_rates = R"(
    INSERT INTO screening.fx_rate (from_currency, to_currency, day, rate, revision)
    SELECT w.from_currency, w.to_currency, w.day, w.rate, $1::bigint
      FROM wanted_rate w
     WHERE w.rate IS DISTINCT FROM (
           SELECT x.rate
             FROM screening.fx_rate x
            WHERE x.from_currency = w.from_currency
              AND x.to_currency = w.to_currency
              AND x.day = w.day
            ORDER BY x.revision DESC
            LIMIT 1))";

void create_list(db::Transaction& tx, const std::string& name, const std::string& key,
                 const std::string& by) {
    const auto known = list_key(tx, name);
    if (known && !key.empty() && *known != key)
        throw Error(Exit::usage, fmt::format("list '{}' has key '{}'", name, *known));
    if (known)
        return;
    if (key.empty())
        throw Error(Exit::usage, fmt::format("unknown list '{}'", name),
                    "--key TYPE creates it, for instance --key card.");
    tx.exec("INSERT INTO screening.value_list (name, key, created_by) VALUES ($1, $2, $3)", name,
            key, by);
}

} // namespace

std::int64_t take_revision(db::Transaction& tx) {
    return tx.exec("UPDATE screening.list_revision SET revision = revision + 1 RETURNING revision")
        .only()
        .integer("revision");
}

std::int64_t current_revision(db::Transaction& tx) {
    return tx.exec("SELECT revision FROM screening.list_revision").only().integer("revision");
}

std::optional<std::string> list_key(db::Transaction& tx, const std::string& name) {
    const auto found =
        tx.exec("SELECT key FROM screening.value_list WHERE name = $1", name).optional_row();
    return found ? found->optional_text("key") : std::nullopt;
}

ListChange add_entries(db::Connection& connection, const std::string& name, const std::string& key,
                       const std::vector<ManagedEntry>& entries, const std::string& by) {
    db::Transaction tx(connection);
    const std::int64_t revision = take_revision(tx);
    create_list(tx, name, key, by);
    tx.script(k_create_wanted);
    db::CopyIn copy(tx, "wanted", {"value", "reason", "starts_at", "expires_at", "added_by"});
    for (const ManagedEntry& one : entries) {
        copy.field(one.value).field(card::redact(one.reason));
        copy.field(one.starts_at).field(one.expires_at).field(by);
        copy.end_row();
    }
    copy.finish();
    tx.exec(k_end_replaced, name, revision, by);
    ListChange change;
    change.changed = static_cast<std::int64_t>(tx.exec(k_add, name, revision).affected());
    change.same = static_cast<std::int64_t>(entries.size()) - change.changed;
    if (change.changed == 0 && !entries.empty())
        return change; // rolled back: the revision stays unused
    change.revision = revision;
    tx.commit(Failpoint::screen_manage_commit);
    return change;
}

ListChange remove_entries(db::Connection& connection, const std::string& name,
                          const std::vector<std::string>& values, const std::string& by) {
    db::Transaction tx(connection);
    const std::int64_t revision = take_revision(tx);
    if (!list_key(tx, name))
        throw Error(Exit::no_input, fmt::format("unknown list '{}'", name));
    ListChange change;
    const auto removed = tx.exec(R"(
        UPDATE screening.value_list_entry
           SET removed_revision = $2, removed_by = $3
         WHERE list = $1
           AND value = ANY ($4::text[])
           AND removed_revision IS NULL)",
                                 name, revision, by, values);
    change.changed = static_cast<std::int64_t>(removed.affected());
    change.same = static_cast<std::int64_t>(values.size()) - change.changed;
    if (change.changed == 0)
        return change;
    change.revision = revision;
    tx.commit(Failpoint::screen_manage_commit);
    return change;
}

std::vector<ListInfo> show_lists(db::Connection& connection) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const auto rows = tx.exec(R"(
        SELECT l.name, l.key,
               count(e.value) FILTER (WHERE e.removed_revision IS NULL) AS entries,
               coalesce(max(greatest(e.revision, e.removed_revision)), 0) AS revision
          FROM screening.value_list l
          LEFT JOIN screening.value_list_entry e ON e.list = l.name
         GROUP BY l.name, l.key
         ORDER BY l.name COLLATE "C")");
    std::vector<ListInfo> out;
    for (const db::Row row : rows)
        out.push_back({std::string(row.text("name")), std::string(row.text("key")),
                       row.integer("entries"), row.integer("revision")});
    return out;
}

std::vector<ManagedEntry> show_list(db::Connection& connection, const std::string& name) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    if (!list_key(tx, name))
        throw Error(Exit::no_input, fmt::format("unknown list '{}'", name));
    const auto rows = tx.exec(R"(
        SELECT value, reason, added_by, starts_at, expires_at
          FROM screening.value_list_entry
         WHERE list = $1 AND removed_revision IS NULL
         ORDER BY value COLLATE "C")",
                              name);
    std::vector<ManagedEntry> out;
    for (const db::Row row : rows)
        out.push_back({std::string(row.text("value")), std::string(row.text("reason")),
                       std::string(row.text("added_by")), row.optional_text("starts_at"),
                       row.optional_text("expires_at")});
    return out;
}

ListChange load_rates(db::Connection& connection, const std::vector<DayRate>& rates) {
    db::Transaction tx(connection);
    const std::int64_t revision = take_revision(tx);
    tx.script(R"(
        CREATE TEMP TABLE wanted_rate (day date, from_currency text, to_currency text, rate numeric)
            ON COMMIT DROP)");
    db::CopyIn copy(tx, "wanted_rate", {"day", "from_currency", "to_currency", "rate"});
    for (const DayRate& one : rates) {
        copy.field(one.day).field(one.from).field(one.to).field(one.rate);
        copy.end_row();
    }
    copy.finish();
    ListChange change;
    change.changed = static_cast<std::int64_t>(tx.exec(k_add_rates, revision).affected());
    change.same = static_cast<std::int64_t>(rates.size()) - change.changed;
    if (change.changed == 0)
        return change;
    change.revision = revision;
    tx.commit(Failpoint::screen_manage_commit);
    return change;
}

} // namespace harmonia::screen

// Managed lists and exchange rates, which a run reads in addition to facts and labels. Every
// change, of suppressions too, takes the next number of screening.list_revision, in commit order.
// Nothing that a run pinned is ever changed or removed: the past can be judged again.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// The next revision; locks the counter until the transaction ends.
[[nodiscard]] std::int64_t take_revision(db::Transaction& tx);
/// The newest committed one.
[[nodiscard]] std::int64_t current_revision(db::Transaction& tx);

struct ManagedEntry {
    std::string value; ///< of a card list the keyed hash, 64 hex digits
    std::string reason, added_by;
    std::optional<std::string> starts_at, expires_at; ///< timestamptz texts
};
struct ListInfo {
    std::string name, key;
    std::int64_t entries = 0; ///< in force
    std::int64_t revision = 0;
};
struct ListChange {
    std::int64_t changed = 0, same = 0;
    std::int64_t revision = 0; ///< 0: nothing changed
};

/// The key type of a list; empty for an unknown list.
[[nodiscard]] std::optional<std::string> list_key(db::Transaction& tx, const std::string& name);

/// Adds entries; creates the list if it is unknown and `key` is given. An entry in force with equal
/// reason and times counts as same; with others it is replaced. Error(usage) for an unknown list
/// without `key`, or a list with another key.
ListChange add_entries(db::Connection& connection, const std::string& name, const std::string& key,
                       const std::vector<ManagedEntry>& entries, const std::string& by);
/// Values that are not in the list count as same.
ListChange remove_entries(db::Connection& connection, const std::string& name,
                          const std::vector<std::string>& values, const std::string& by);

[[nodiscard]] std::vector<ListInfo> show_lists(db::Connection& connection);
/// Entries in force, by value. Error(no_input) for an unknown list.
[[nodiscard]] std::vector<ManagedEntry> show_list(db::Connection& connection,
                                                  const std::string& name);

/// Lines `value[,reason[,expires_at]]`, optionally with a header that starts with `value`; blank
/// lines are ignored. Error(data) with file:line for a malformed row. Reads the whole file.
[[nodiscard]] std::vector<ManagedEntry> read_list_file(const std::string& path);

/// One day's rate.
struct DayRate {
    std::string day, from, to, rate;
};
/// CSV `day,from_currency,to_currency,rate` with an optional header. Error(data) with file:line.
[[nodiscard]] std::vector<DayRate> read_rates_file(const std::string& path);
/// All or nothing; a rate that is known already counts as same.
ListChange load_rates(db::Connection& connection, const std::vector<DayRate>& rates);

} // namespace harmonia::screen

// Reads of the alert job.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/decide.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::alert {

/// The server's clock: the only one that decides.
[[nodiscard]] std::int64_t server_now_us(db::Transaction& tx);

/// Alerts that nothing was decided about, in the order they came.
[[nodiscard]] std::vector<Alert> load_waiting(db::Transaction& tx, int limit);

/// Silences, inhibiting alerts, and what was told of these alerts' fingerprints.
[[nodiscard]] Scene load_scene(db::Transaction& tx, const Settings& settings,
                               const std::vector<Alert>& alerts);
[[nodiscard]] std::vector<Silence> load_silences(db::Transaction& tx);

struct Group {
    long long id = 0;
    GroupKey key;
    GroupTimes times;
    std::vector<Alert> fresh, firing; ///< not told yet; told and still going on
};
/// Groups whose time has come, with their members; with `hurry` also those that wait for their
/// first notification.
[[nodiscard]] std::vector<Group> load_due_groups(db::Transaction& tx, std::int64_t now_us,
                                                 bool hurry, int limit);
/// Groups by their keys, without members.
[[nodiscard]] std::map<std::string, Group> load_groups(db::Transaction& tx,
                                                       const std::vector<std::string>& keys);

/// By route and channel: when its bucket is full again.
using Buckets = std::map<std::pair<std::string, std::string>, std::int64_t>;
[[nodiscard]] Buckets load_buckets(db::Transaction& tx);

/// Alerts as templates see them, by id.
[[nodiscard]] std::map<std::string, Json> load_details(db::Transaction& tx,
                                                       const std::vector<std::string>& ids);

/// What a channel remembers.
struct ChannelMemory {
    int failures = 0;
    std::optional<std::int64_t> open_until_us;
    int sent_today = 0; ///< since midnight UTC
};
[[nodiscard]] ChannelMemory load_memory(db::Transaction& tx, const std::string& channel);
/// How many deliveries of a channel somebody is sending.
[[nodiscard]] int leased(db::Transaction& tx, const std::string& channel);
/// Claimed deliveries, in the order of `ids`.
[[nodiscard]] std::vector<Letter> load_letters(db::Transaction& tx,
                                               const std::vector<long long>& ids);

} // namespace harmonia::alert

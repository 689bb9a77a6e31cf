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

/// Alerts that nothing has been decided about, in the order of their arrival.
[[nodiscard]] std::vector<Alert> load_undecided(db::Transaction& tx, int limit);

/// Silences, inhibiting alerts, and the last notified alerts with the fingerprints of `alerts`, as
/// of the transaction's time.
[[nodiscard]] Snapshot load_snapshot(db::Transaction& tx, const Settings& settings,
                                     const std::vector<Alert>& alerts);
[[nodiscard]] std::vector<Silence> load_silences(db::Transaction& tx);

struct Group {
    std::int64_t id = 0;
    GroupKey key;
    GroupTimes times;
    std::vector<Alert> fresh, firing; ///< not notified yet; notified and still firing
};
/// Groups that are due, with their members; with `flush` also those that wait for their first
/// notification.
[[nodiscard]] std::vector<Group> load_due_groups(db::Transaction& tx, std::int64_t now_us,
                                                 bool flush, int limit);
/// Groups by their keys, without members.
[[nodiscard]] std::map<std::string, Group> load_groups(db::Transaction& tx,
                                                       const std::vector<std::string>& keys);

/// By route and channel: when its token bucket is full again.
using Buckets = std::map<std::pair<std::string, std::string>, std::int64_t>;
[[nodiscard]] Buckets load_buckets(db::Transaction& tx);

/// Alerts as templates see them, each a JSON object, by id.
[[nodiscard]] std::map<std::string, std::string> load_details(db::Transaction& tx,
                                                              const std::vector<std::string>& ids);

/// What is stored about a channel.
struct ChannelState {
    int failures = 0;
    std::optional<std::int64_t> open_until_us; ///< of its breaker
    int sent_today = 0;                        ///< since midnight UTC
};
/// Locks the channel's state until the transaction ends.
[[nodiscard]] ChannelState load_channel_state(db::Transaction& tx, const std::string& channel);
/// Deliveries of a channel that are being sent.
[[nodiscard]] int count_leased(db::Transaction& tx, const std::string& channel);
/// Claimed deliveries, in the order of `ids`.
[[nodiscard]] std::vector<Delivery> load_deliveries(db::Transaction& tx,
                                                    const std::vector<std::int64_t>& ids);
/// Names of the channels that have deliveries due.
[[nodiscard]] std::vector<std::string> load_channels_with_work(db::Transaction& tx);

} // namespace harmonia::alert

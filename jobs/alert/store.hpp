// Writes of the alert job. The caller commits.
#pragma once

#include "core/claim/claim.hpp"
#include "core/db/connection.hpp"
#include "jobs/alert/channels/retry.hpp"
#include "jobs/alert/load.hpp"
#include "jobs/alert/notification.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::alert {

/// screening.delivery, as core/claim sees it.
[[nodiscard]] const claim::Table& delivery_table();

/// Marks alerts as decided: suppressed ones with the reason; duplicates are counted at the alert
/// that they repeat. `decisions` are parallel to `alerts`.
void store_decisions(db::Transaction& tx, const std::vector<Alert>& alerts,
                     const std::vector<Decision>& decisions);
/// The same for alerts that were found suppressed when their group was due.
struct SuppressedAlert {
    std::string alert_id, by, what;
};
void store_suppressed(db::Transaction& tx, const std::vector<SuppressedAlert>& alerts);

/// An alert that joins a group; the group is created if there is none.
struct NewMember {
    GroupKey group;
    std::string alert_id;
    std::int64_t received_us = 0;
    const Route* route = nullptr;       ///< determines when the group is due …
    std::optional<std::int64_t> due_us; ///< … unless this does
};
void store_members(db::Transaction& tx, const std::vector<NewMember>& members);
/// Removes alerts (ids) from groups: found suppressed, or moved to a digest.
void remove_members(db::Transaction& tx,
                    const std::vector<std::pair<std::int64_t, std::string>>& members);

void store_notifications(db::Transaction& tx, const std::vector<Notification>& notifications);

/// A group after it was due.
struct GroupUpdate {
    std::int64_t id = 0;
    bool notified = false; ///< its number rises, its new members are marked as notified
    std::optional<std::int64_t> next_us;
};
void store_group_updates(db::Transaction& tx, const std::vector<GroupUpdate>& updates,
                         std::int64_t now_us);
void store_buckets(db::Transaction& tx, const Buckets& buckets);

/// One attempt, to be recorded.
struct Attempt {
    Delivery delivery;
    int number = 1; ///< from 1
    std::string masked_target;
    Result result;
    RetryDecision decision;
};
/// Records the attempts and the new states of their deliveries; the owner still holds all of them.
void store_attempts(db::Transaction& tx, const std::string& channel, const std::string& owner,
                    const std::vector<Attempt>& attempts);
/// Records attempts whose workers died, so that their outcome is unknown.
void store_lost(db::Transaction& tx, const std::string& channel, const std::string& owner,
                const std::vector<Attempt>& attempts);
void store_channel_state(db::Transaction& tx, const std::string& channel,
                         const ChannelState& state);

/// Updates standing.alert_state of the payments whose alerts are in these deliveries.
void store_alert_states(db::Transaction& tx, const std::vector<std::int64_t>& deliveries);

} // namespace harmonia::alert

// Writes of the alert job. The caller commits.
#pragma once

#include "core/claim/claim.hpp"
#include "core/db/connection.hpp"
#include "jobs/alert/load.hpp"
#include "jobs/alert/retry.hpp"

#include <string>
#include <vector>

namespace harmonia::alert {

/// screening.delivery, as core/claim sees it.
[[nodiscard]] const claim::Table& delivery_table();

/// Alerts are decided about: suppressed ones with their reason, repetitions counted at the first.
void store_decisions(db::Transaction& tx, const std::vector<Alert>& alerts,
                     const std::vector<Decision>& decisions);
/// The same for alerts found suppressed when their group was to be told.
struct Hushed {
    std::string alert_id, by, what;
};
void store_hushed(db::Transaction& tx, const std::vector<Hushed>& hushed);

/// An alert that joins a group, made when it is not there.
struct Join {
    GroupKey group;
    std::string alert_id;
    std::int64_t received_us = 0;
    const Route* route = nullptr;       ///< says when the group is due …
    std::optional<std::int64_t> due_us; ///< … unless this does
};
void store_joins(db::Transaction& tx, const std::vector<Join>& joins);

/// A notification with its deliveries.
struct Notice {
    long long group_id = 0;
    int number = 0;
    std::string reason;
    std::vector<std::string> members;
    struct Out {
        std::string channel, target, severity, payload;
    };
    std::vector<Out> deliveries;
};
void store_notices(db::Transaction& tx, const std::vector<Notice>& notices);

/// Groups after their turn.
struct Moved {
    long long id = 0;
    bool told = false; ///< its number rises, its new members are told
    std::optional<std::int64_t> next_us;
};
void store_moved(db::Transaction& tx, const std::vector<Moved>& moved, std::int64_t now_us);
/// Takes members out of groups: found suppressed, or told in a digest.
void store_left(db::Transaction& tx, const std::vector<std::pair<long long, std::string>>& left);
void store_buckets(db::Transaction& tx, const Buckets& buckets);

/// One attempt, to be recorded.
struct Attempt {
    Letter letter;
    int number = 1; ///< from 1
    std::string masked_target;
    Result result;
    Fate fate;
};
/// Records the attempts and what became of their deliveries; all are still the owner's.
void store_attempts(db::Transaction& tx, const std::string& channel, const std::string& owner,
                    const std::vector<Attempt>& attempts);
/// Attempts whose workers died: nobody knows what they came to.
void store_lost(db::Transaction& tx, const std::string& channel, const std::string& owner,
                const std::vector<Attempt>& attempts);
void store_memory(db::Transaction& tx, const std::string& channel, const ChannelMemory& memory);

/// standing.alert_state of the payments whose alerts these deliveries tell.
void store_alert_states(db::Transaction& tx, const std::vector<long long>& deliveries);

} // namespace harmonia::alert

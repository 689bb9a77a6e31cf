// A notification while it is composed: what templates see of it, and its deliveries.
#pragma once

#include "jobs/alert/load.hpp"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace harmonia::alert {

struct NewDelivery {
    std::string channel, target, key, severity, payload;
};

/// A notification with its deliveries, not stored yet.
struct Notification {
    std::int64_t group_id = 0;
    int number = 0; ///< in its group, from 1
    std::string reason;
    std::vector<std::string> members; ///< ids of alerts
    std::vector<NewDelivery> deliveries;
};

class NotificationBuilder {
public:
    /// The next notification of `group` about `members`; `listed`: those of them that messages
    /// list, as load_details() gives them.
    NotificationBuilder(const Group& group, const std::string& receiver, const std::string& reason,
                        std::span<const Alert> members, std::span<const std::string> listed);
    ~NotificationBuilder();
    NotificationBuilder(const NotificationBuilder&) = delete;
    NotificationBuilder& operator=(const NotificationBuilder&) = delete;

    /// One delivery to each of the channel's targets.
    void add(const Channel& channel, const Texts& texts);
    [[nodiscard]] Notification take();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::alert

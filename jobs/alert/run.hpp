// `harmonia alert`: decides about raised alerts, notifies groups that are due, and sends the
// pending deliveries of all channels; once, or continuously.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/notify.hpp"
#include "jobs/alert/sender.hpp"
#include "jobs/alert/settings.hpp"

#include <chrono>
#include <map>
#include <string>

namespace harmonia::alert {

struct Options {
    db::Settings database;
    Settings settings;
    bool follow = false, flush = false; ///< flush: groups do not wait for their first notification
    std::string run_id;
    /// A dead man's switch, called at the start, at the end, and with `follow` while rounds go on;
    /// empty: none.
    std::string ping_url;
    std::chrono::milliseconds ping_every{60'000}; ///< with `follow`
};

struct Outcome {
    NotifyCounts notified;
    std::map<std::string, SendCounts> channels;
    [[nodiscard]] SendCounts sum() const;
};

/// Channels are served in parallel, each on a thread and connection of its own. One pass ends when
/// nothing is due; with `follow` the run ends when a stop is requested (it then throws as
/// throw_if_stopped does). It wakes on NOTIFY harmonia_alert and harmonia_delivery, and every 5 s.
[[nodiscard]] Outcome run(const Options& options);

/// Sends a test message over one channel now.
[[nodiscard]] SendCounts send_test_message(const Options& options, const std::string& channel);

} // namespace harmonia::alert

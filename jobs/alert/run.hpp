// `harmonia alert`: decides about what was raised, tells groups whose time has come, sends what
// channels owe; once, or for ever.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/alert/send.hpp"
#include "jobs/alert/settings.hpp"
#include "jobs/alert/tell.hpp"

#include <chrono>
#include <map>
#include <string>

namespace harmonia::alert {

struct Options {
    db::Settings database;
    Settings settings;
    bool follow = false, hurry = false; ///< hurry: groups do not wait for their first notification
    std::string run_id;
    /// A dead man's switch, told of the start, the end, and meanwhile that rounds go on; empty:
    /// none.
    std::string ping_url;
    std::chrono::milliseconds ping_every{60'000}; ///< with `follow`
};

struct Outcome {
    TellCounts told;
    std::map<std::string, SendCounts> channels;
    [[nodiscard]] SendCounts sum() const;
};

/// Channels are served side by side, each on a thread and connection of its own. One pass ends when
/// nothing is due; with `follow` the run ends when a stop is asked for (then it throws as
/// throw_if_stopped does). It wakes by NOTIFY harmonia_alert and harmonia_delivery, or every 5 s.
[[nodiscard]] Outcome run(const Options& options);

/// Sends a test message by one channel now: what it came to.
[[nodiscard]] SendCounts run_test(const Options& options, const std::string& channel);

} // namespace harmonia::alert

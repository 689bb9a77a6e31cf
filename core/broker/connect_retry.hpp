// Connecting to a broker that may not be there yet. Inside core/broker only.
#pragma once

#include "core/broker/link.hpp"

#include <functional>
#include <memory>

namespace harmonia::broker {

/// Tries within settings.connect_wait_ms, with jittered back-off from 100 ms to 5 s; `stopped` is
/// asked between tries and ends them early. Then the last LinkLost.
[[nodiscard]] std::unique_ptr<Link> connect_with_retry(const Settings& settings,
                                                       const std::function<bool()>& stopped);

} // namespace harmonia::broker

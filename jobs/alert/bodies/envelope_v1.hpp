// The body of an alert in version 1 (envelope.hpp), already parsed.
#pragma once

#include "core/observe/alert_event.hpp"
#include "jobs/alert/bodies/alert_body.hpp"

namespace harmonia::alert {

/// The first field that is wrong ends it with `bad_alert`.
[[nodiscard]] Expected<observe::AlertEvent> read_v1(nlohmann::json body);

} // namespace harmonia::alert

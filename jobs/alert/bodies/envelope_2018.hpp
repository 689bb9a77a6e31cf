// The 2018 service's body of an alert (envelope.hpp), already parsed.
#pragma once

#include "core/observe/alert_event.hpp"
#include "jobs/alert/bodies/alert_body.hpp"

namespace harmonia::alert {

/// Problem: `bad_alert` with the field.
[[nodiscard]] Expected<observe::AlertEvent> read_2018(nlohmann::json body,
                                                      const EnvelopeContext& context);

} // namespace harmonia::alert

// Alerts as they travel: the two forms of body that a feed of alerts reads.
//
// Version 1 (docs/reference/alerts.md, envelope_v1.hpp) is checked field by field; its id
// identifies it.
//
// The form of the 2018 service (envelope_2018.hpp) is {"message": {"alertTypes": ["sms", "email"],
// "message": {"Transaction": {…}}}}. It becomes a `fraud.verdict` with outcome declined; alertTypes
// become hints. It has no id that could be trusted (its transactionID is a clock), so its id is
// made from its content as stored: the same message again is the same alert.
//
// The result holds no card number: `payment.card` is a hash in the label `card` and masked
// elsewhere, and all other strings have passed the redactor. Security codes are dropped.
#pragma once

#include "core/observe/alert_event.hpp"
#include "jobs/alert/bodies/alert_body.hpp"

#include <string_view>

namespace harmonia::alert {

/// Problems: `bad_json`, `not_an_alert` (neither form), `bad_alert` with the field.
[[nodiscard]] Expected<observe::AlertEvent> read_envelope(std::string_view body,
                                                          const EnvelopeContext& context);

} // namespace harmonia::alert

// Alerts as they travel: the two forms of body that a feed of alerts takes.
//
// Ours, version 1 (docs/reference/alerts.md), is checked field by field; its id makes it known.
//
// That of the 2018 service: {"message": {"alertTypes": ["sms", "email"], "message": {"Transaction":
// {…}}}}. It becomes a `fraud.verdict` of outcome declined; alertTypes become hints. It has no id
// that could be trusted (its transactionID is a clock), so it is known by its content as stored: a
// message that comes again is the same alert.
//
// What comes out holds no card number: `payment.card` is a hash in the label `card` and masked
// elsewhere, and all other texts have passed the redactor. Security codes are dropped.
#pragma once

#include "core/base/expected.hpp"
#include "core/card/card_key.hpp"
#include "core/observe/alert_event.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace harmonia::alert {

struct EnvelopeContext {
    std::function<const card::CardKeys&()> keys; ///< asked with the first card number
    std::int64_t received_us = 0;                ///< when a body came that names no time
};

/// Problems: `bad_json`, `not_an_alert` (neither form), `bad_alert` with the field.
[[nodiscard]] Expected<observe::AlertEvent> read_envelope(std::string_view body,
                                                          const EnvelopeContext& context);

} // namespace harmonia::alert

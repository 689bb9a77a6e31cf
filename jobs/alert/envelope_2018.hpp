// The 2018 service's body of an alert (envelope.hpp), already a tree.
#pragma once

#include "jobs/alert/envelope.hpp"

#include <nlohmann/json_fwd.hpp>

namespace harmonia::alert {

[[nodiscard]] Expected<observe::AlertEvent> read_2018(nlohmann::json body,
                                                      const EnvelopeContext& context);

/// Of a body in either form.
[[nodiscard]] tl::unexpected<Problem> bad_alert(const char* field, const char* detail);

/// Members that hold security codes, track or PIN data go, at any depth.
void drop_secrets(nlohmann::json& value);

} // namespace harmonia::alert

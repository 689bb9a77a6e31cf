// What the readers of both forms of body share (envelope.hpp).
#pragma once

#include "core/base/expected.hpp"
#include "core/card/card_key.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace harmonia::alert {

struct EnvelopeContext {
    std::function<const card::CardKeys&()> keys; ///< called at the first card number
    std::int64_t received_us = 0;                ///< the time of a body that has none
};

/// Problem `bad_alert` of `field`.
[[nodiscard]] tl::unexpected<Problem> bad_alert(const char* field, const char* detail);

/// The member `name`; null when it is missing or `value` is not an object.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& value, const char* name);
/// A string; empty for any other value.
[[nodiscard]] std::string string_of(const nlohmann::json& value);
/// A string as it is, a number as it was written; empty for any other value.
[[nodiscard]] std::string text_of(const nlohmann::json& value);

/// Removes members that hold security codes, track or PIN data, at any depth.
void drop_secrets(nlohmann::json& value);

} // namespace harmonia::alert

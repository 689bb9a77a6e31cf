#include "jobs/alert/bodies/envelope.hpp"

#include "jobs/alert/bodies/envelope_2018.hpp"
#include "jobs/alert/bodies/envelope_v1.hpp"
#include "jobs/alert/bodies/exact_json.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::alert {

Expected<observe::AlertEvent> read_envelope(std::string_view body, const EnvelopeContext& context) {
    auto json = exact_json(body);
    if (!json)
        return tl::make_unexpected(std::move(json.error()));
    if (json->is_object() && json->contains("v"))
        return read_v1(std::move(*json));
    if (json->is_object() && json->contains("message"))
        return read_2018(std::move(*json), context);
    return bad("not_an_alert", {}, "has neither 'v' nor 'message'");
}

} // namespace harmonia::alert

#include "jobs/alert/bodies/alert_body.hpp"

#include "importers/format/card_fields.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::alert {

using Json = nlohmann::json;

tl::unexpected<Problem> bad_alert(const char* field, const char* detail) {
    return bad("bad_alert", field, detail);
}

const Json& member(const Json& value, const char* name) {
    static const Json k_absent;
    if (!value.is_object())
        return k_absent;
    const auto found = value.find(name);
    return found == value.end() ? k_absent : *found;
}

std::string string_of(const Json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

std::string text_of(const Json& value) {
    return value.is_number() ? value.dump() : string_of(value);
}

void drop_secrets(Json& value) {
    if (value.is_array())
        for (Json& item : value)
            drop_secrets(item);
    if (!value.is_object())
        return;
    for (auto member = value.begin(); member != value.end();) {
        if (importers::is_security_field(member.key())) {
            member = value.erase(member);
        } else {
            drop_secrets(*member);
            ++member;
        }
    }
}

} // namespace harmonia::alert

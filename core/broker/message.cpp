#include "core/broker/message.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace harmonia::broker {
namespace {

using Json = nlohmann::ordered_json;

struct TextMember {
    const char* name;
    std::optional<std::string> Properties::*member;
};
constexpr TextMember k_texts[] = {
    {"content_type", &Properties::content_type},
    {"content_encoding", &Properties::content_encoding},
    {"correlation_id", &Properties::correlation_id},
    {"reply_to", &Properties::reply_to},
    {"expiration", &Properties::expiration},
    {"message_id", &Properties::message_id},
    {"type", &Properties::type},
    {"user_id", &Properties::user_id},
    {"app_id", &Properties::app_id},
};

[[noreturn]] void bad_member(const std::string& name, const char* why) {
    throw Error(Exit::data, "message property '" + name + "' " + why);
}

bool set_text(Properties& out, const std::string& name, const Json& value) {
    for (const auto& text : k_texts) {
        if (name != text.name)
            continue;
        if (!value.is_string())
            bad_member(name, "must be a string");
        out.*text.member = value.get<std::string>();
        return true;
    }
    return false;
}

std::uint64_t whole_number(const std::string& name, const Json& value, std::uint64_t max) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max)
        throw Error(Exit::data, fmt::format("message property '{}' must be an integer from 0 to {}",
                                            name, max));
    return value.get<std::uint64_t>();
}

Json to_json(const Properties& properties) {
    Json json = Json::object();
    for (const auto& text : k_texts) {
        const auto& value = properties.*text.member;
        if (!value)
            continue;
        json[text.name] = find_bad_utf8(*value) == std::string::npos ? *value : printable(*value);
    }
    if (properties.delivery_mode)
        json["delivery_mode"] = *properties.delivery_mode;
    if (properties.priority)
        json["priority"] = *properties.priority;
    if (properties.timestamp)
        json["timestamp"] = *properties.timestamp;
    return json;
}

} // namespace

Properties properties_from_json(std::string_view text) {
    const auto json = Json::parse(text, nullptr, false);
    if (!json.is_object())
        throw Error(Exit::data, "message properties must be a JSON object");
    Properties out;
    for (const auto& [name, value] : json.items()) {
        if (value.is_null() || set_text(out, name, value))
            continue;
        if (name == "delivery_mode")
            out.delivery_mode = static_cast<std::uint8_t>(whole_number(name, value, 255));
        else if (name == "priority")
            out.priority = static_cast<std::uint8_t>(whole_number(name, value, 255));
        else if (name == "timestamp")
            out.timestamp = whole_number(name, value, UINT64_MAX);
        else
            bad_member(name, "is not a property of AMQP 0-9-1");
    }
    return out;
}

std::string properties_to_json(const Properties& properties) {
    return to_json(properties).dump();
}

std::string Delivery::properties_json() const {
    auto json = to_json(properties);
    json["headers"] = Json::parse(headers);
    return json.dump();
}

} // namespace harmonia::broker

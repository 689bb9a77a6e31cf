// Functions over JSON texts: docs/reference/expressions.md.
#include "core/expr/function.hpp"
#include "core/expr/json.hpp"
#include "core/json/writer.hpp"

namespace harmonia::expr::fn {

namespace {

Value json_value(std::string_view text) {
    Value value = Value::of_text(text);
    value.scale = 1;
    return value;
}

} // namespace

Value json_raw(const Call& call) {
    if (call[0].is_null())
        return json_value("null");
    if (call[0].type != Type::text || !is_json(call.text(0)))
        return Value::error("bad_value", "not JSON");
    if (call.text(0).find("\\u0000") != std::string_view::npos)
        return Value::error("bad_value", "a NUL character, which cannot be stored");
    return json_value(call.text(0));
}

Value json_object(const Call& call) {
    if (call.size() % 2 != 0)
        return Value::error("bad_value", "'json_object' takes pairs of key and value");
    std::string json = "{";
    for (std::size_t i = 0; i < call.size(); i += 2) {
        const Value& value = call[i + 1];
        json::append_string(json += i == 0 ? "" : ", ", print(call[i], call.arena));
        json += ": ";
        if (value.is_null())
            json += "null";
        else if (value.type == Type::integer || value.type == Type::decimal ||
                 value.type == Type::boolean || (value.type == Type::text && value.scale == 1))
            json += print(value, call.arena);
        else
            json::append_string(json, print(value, call.arena));
    }
    if (json.find("\\u0000") != std::string::npos)
        return Value::error("bad_value", "a NUL character, which cannot be stored");
    return json_value(call.arena.copy(json += "}"));
}

Value json_get(const Call& call) {
    return json_member(call.text(0), call.text(1), call.arena);
}

Value untag_value(const Call& call) {
    return untag(call[0], call.arena);
}

} // namespace harmonia::expr::fn

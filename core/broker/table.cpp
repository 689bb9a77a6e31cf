#include "core/broker/table.hpp"

#include "core/base/hash.hpp"
#include "core/base/text.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cstring>
#include <limits>

namespace harmonia::broker {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t k_short_text_max = 255; // AMQP's short string

struct TooDeep {};
struct BadTable {
    std::string why;
};

amqp_bytes_t pooled(std::string_view text, amqp_pool_t& pool) {
    amqp_bytes_t bytes{};
    if (text.empty())
        return bytes;
    amqp_pool_alloc_bytes(&pool, text.size(), &bytes);
    std::memcpy(bytes.bytes, text.data(), text.size());
    return bytes;
}

std::string from_hex(std::string_view hex_text) {
    std::string out;
    if (hex_text.size() % 2 != 0)
        throw BadTable{"!bytes must be hexadecimal"};
    for (std::size_t i = 0; i < hex_text.size(); i += 2) {
        unsigned byte = 0;
        const auto* begin = hex_text.data() + i;
        const auto [end, error] = std::from_chars(begin, begin + 2, byte, 16);
        if (error != std::errc() || end != begin + 2)
            throw BadTable{"!bytes must be hexadecimal"};
        out += static_cast<char>(byte);
    }
    return out;
}

amqp_table_t encode_table(const Json& object, amqp_pool_t& pool, int depth);

bool encode_tagged(const Json& object, amqp_pool_t& pool, amqp_field_value_t& out) {
    if (object.size() != 1)
        return false;
    const auto& tag = object.begin().key();
    const auto& value = object.begin().value();
    if (tag == "!timestamp" && value.is_number_unsigned()) {
        out.kind = AMQP_FIELD_KIND_TIMESTAMP;
        out.value.u64 = value.get<std::uint64_t>();
    } else if (tag == "!bytes" && value.is_string()) {
        out.kind = AMQP_FIELD_KIND_BYTES;
        out.value.bytes = pooled(from_hex(value.get_ref<const std::string&>()), pool);
    } else if (tag == "!decimal" && value.is_array() && value.size() == 2) {
        out.kind = AMQP_FIELD_KIND_DECIMAL;
        out.value.decimal.value = value[0].get<std::uint32_t>();
        out.value.decimal.decimals = value[1].get<std::uint8_t>();
    } else {
        return false;
    }
    return true;
}

void encode_integer(std::int64_t number, amqp_field_value_t& out) {
    if (number >= std::numeric_limits<std::int32_t>::min() &&
        number <= std::numeric_limits<std::int32_t>::max()) {
        out.kind = AMQP_FIELD_KIND_I32;
        out.value.i32 = static_cast<std::int32_t>(number);
    } else {
        out.kind = AMQP_FIELD_KIND_I64;
        out.value.i64 = number;
    }
}

void encode_value(const Json& json, amqp_pool_t& pool, int depth, amqp_field_value_t& out) {
    if (depth > k_header_depth_max)
        throw TooDeep{};
    std::memset(&out, 0, sizeof out);
    if (json.is_object() && !encode_tagged(json, pool, out)) {
        out.kind = AMQP_FIELD_KIND_TABLE;
        out.value.table = encode_table(json, pool, depth);
    } else if (json.is_array()) {
        out.kind = AMQP_FIELD_KIND_ARRAY;
        out.value.array.num_entries = static_cast<int>(json.size());
        out.value.array.entries = static_cast<amqp_field_value_t*>(
            amqp_pool_alloc(&pool, json.size() * sizeof(amqp_field_value_t)));
        for (std::size_t i = 0; i < json.size(); ++i)
            encode_value(json[i], pool, depth + 1, out.value.array.entries[i]);
    } else if (json.is_string()) {
        out.kind = AMQP_FIELD_KIND_UTF8;
        out.value.bytes = pooled(json.get_ref<const std::string&>(), pool);
    } else if (json.is_boolean()) {
        out.kind = AMQP_FIELD_KIND_BOOLEAN;
        out.value.boolean = json.get<bool>() ? 1 : 0;
    } else if (json.is_number_unsigned() &&
               json.get<std::uint64_t>() >
                   static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        throw BadTable{"integers must fit in 64 signed bits"};
    } else if (json.is_number_integer()) {
        encode_integer(json.get<std::int64_t>(), out);
    } else if (json.is_number_float()) {
        out.kind = AMQP_FIELD_KIND_F64;
        out.value.f64 = json.get<double>();
    } else if (json.is_null()) {
        out.kind = AMQP_FIELD_KIND_VOID;
    }
}

amqp_table_t encode_table(const Json& object, amqp_pool_t& pool, int depth) {
    amqp_table_t table{};
    table.num_entries = static_cast<int>(object.size());
    if (table.num_entries == 0)
        return table;
    table.entries = static_cast<amqp_table_entry_t*>(
        amqp_pool_alloc(&pool, object.size() * sizeof(amqp_table_entry_t)));
    auto* entry = table.entries;
    for (const auto& [key, value] : object.items()) {
        if (key.size() > k_short_text_max)
            throw BadTable{"names must be at most 255 bytes long"};
        entry->key = pooled(key, pool);
        encode_value(value, pool, depth + 1, entry->value);
        ++entry;
    }
    return table;
}

Json text_or_bytes(amqp_bytes_t bytes) {
    auto text = to_text(bytes);
    if (find_bad_utf8(text) == std::string::npos)
        return text;
    return Json{{"!bytes", hex(text)}};
}

Json decode_table(const amqp_table_t& table, int depth);

Json decode_value(const amqp_field_value_t& field, int depth) {
    switch (field.kind) {
    case AMQP_FIELD_KIND_BOOLEAN:
        return field.value.boolean != 0;
    case AMQP_FIELD_KIND_I8:
        return field.value.i8;
    case AMQP_FIELD_KIND_U8:
        return field.value.u8;
    case AMQP_FIELD_KIND_I16:
        return field.value.i16;
    case AMQP_FIELD_KIND_U16:
        return field.value.u16;
    case AMQP_FIELD_KIND_I32:
        return field.value.i32;
    case AMQP_FIELD_KIND_U32:
        return field.value.u32;
    case AMQP_FIELD_KIND_I64:
        return field.value.i64;
    case AMQP_FIELD_KIND_U64:
        return field.value.u64;
    case AMQP_FIELD_KIND_F32:
        return field.value.f32;
    case AMQP_FIELD_KIND_F64:
        return field.value.f64;
    case AMQP_FIELD_KIND_UTF8:
        return text_or_bytes(field.value.bytes);
    case AMQP_FIELD_KIND_BYTES:
        return Json{{"!bytes", hex(to_text(field.value.bytes))}};
    case AMQP_FIELD_KIND_TIMESTAMP:
        return Json{{"!timestamp", field.value.u64}};
    case AMQP_FIELD_KIND_DECIMAL:
        return Json{
            {"!decimal", Json::array({field.value.decimal.value, field.value.decimal.decimals})}};
    case AMQP_FIELD_KIND_TABLE:
        return decode_table(field.value.table, depth + 1);
    case AMQP_FIELD_KIND_ARRAY: {
        auto list = Json::array();
        if (depth >= k_header_depth_max)
            return list;
        for (int i = 0; i < field.value.array.num_entries; ++i)
            list.push_back(decode_value(field.value.array.entries[i], depth + 1));
        return list;
    }
    default:
        return nullptr;
    }
}

Json decode_table(const amqp_table_t& table, int depth) {
    auto object = Json::object();
    if (depth > k_header_depth_max)
        return object;
    for (int i = 0; i < table.num_entries; ++i) {
        const auto& entry = table.entries[i];
        object[printable(to_text(entry.key))] = decode_value(entry.value, depth);
    }
    return object;
}

} // namespace

Expected<amqp_table_t> table_from_json(std::string_view json, amqp_pool_t& pool) {
    if (json == "{}")
        return amqp_table_t{};
    if (json.size() > k_table_bytes_max)
        return bad("table_too_large", "headers", "must be at most 16 KiB as JSON");
    const auto object = Json::parse(json, nullptr, false);
    if (!object.is_object())
        return bad("table_malformed", "headers", "must be a JSON object");
    try {
        return encode_table(object, pool, 0);
    } catch (const TooDeep&) {
        return bad("table_too_deep", "headers", "must be nested at most 8 levels deep");
    } catch (const BadTable& problem) {
        return bad("table_malformed", "headers", problem.why);
    } catch (const nlohmann::json::exception&) {
        return bad("table_malformed", "headers", "a tagged value has the wrong type");
    }
}

std::string table_to_json(const amqp_table_t& table) {
    if (table.num_entries == 0)
        return "{}";
    return decode_table(table, 0).dump();
}

amqp_basic_properties_t properties_to_wire(const Properties& properties) {
    amqp_basic_properties_t wire{};
    const auto text = [&](const std::optional<std::string>& value, amqp_bytes_t& field,
                          amqp_flags_t flag) {
        if (!value)
            return;
        field = to_bytes(*value);
        wire._flags |= flag;
    };
    text(properties.content_type, wire.content_type, AMQP_BASIC_CONTENT_TYPE_FLAG);
    text(properties.content_encoding, wire.content_encoding, AMQP_BASIC_CONTENT_ENCODING_FLAG);
    text(properties.correlation_id, wire.correlation_id, AMQP_BASIC_CORRELATION_ID_FLAG);
    text(properties.reply_to, wire.reply_to, AMQP_BASIC_REPLY_TO_FLAG);
    text(properties.expiration, wire.expiration, AMQP_BASIC_EXPIRATION_FLAG);
    text(properties.message_id, wire.message_id, AMQP_BASIC_MESSAGE_ID_FLAG);
    text(properties.type, wire.type, AMQP_BASIC_TYPE_FLAG);
    text(properties.user_id, wire.user_id, AMQP_BASIC_USER_ID_FLAG);
    text(properties.app_id, wire.app_id, AMQP_BASIC_APP_ID_FLAG);
    if (properties.delivery_mode) {
        wire.delivery_mode = *properties.delivery_mode;
        wire._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
    }
    if (properties.priority) {
        wire.priority = *properties.priority;
        wire._flags |= AMQP_BASIC_PRIORITY_FLAG;
    }
    if (properties.timestamp) {
        wire.timestamp = *properties.timestamp;
        wire._flags |= AMQP_BASIC_TIMESTAMP_FLAG;
    }
    return wire;
}

Properties properties_from_wire(const amqp_basic_properties_t& wire) {
    Properties out;
    const auto text = [&](std::optional<std::string>& value, amqp_bytes_t field,
                          amqp_flags_t flag) {
        if ((wire._flags & flag) != 0)
            value = to_text(field);
    };
    text(out.content_type, wire.content_type, AMQP_BASIC_CONTENT_TYPE_FLAG);
    text(out.content_encoding, wire.content_encoding, AMQP_BASIC_CONTENT_ENCODING_FLAG);
    text(out.correlation_id, wire.correlation_id, AMQP_BASIC_CORRELATION_ID_FLAG);
    text(out.reply_to, wire.reply_to, AMQP_BASIC_REPLY_TO_FLAG);
    text(out.expiration, wire.expiration, AMQP_BASIC_EXPIRATION_FLAG);
    text(out.message_id, wire.message_id, AMQP_BASIC_MESSAGE_ID_FLAG);
    text(out.type, wire.type, AMQP_BASIC_TYPE_FLAG);
    text(out.user_id, wire.user_id, AMQP_BASIC_USER_ID_FLAG);
    text(out.app_id, wire.app_id, AMQP_BASIC_APP_ID_FLAG);
    if ((wire._flags & AMQP_BASIC_DELIVERY_MODE_FLAG) != 0)
        out.delivery_mode = wire.delivery_mode;
    if ((wire._flags & AMQP_BASIC_PRIORITY_FLAG) != 0)
        out.priority = wire.priority;
    if ((wire._flags & AMQP_BASIC_TIMESTAMP_FLAG) != 0)
        out.timestamp = wire.timestamp;
    return out;
}

} // namespace harmonia::broker

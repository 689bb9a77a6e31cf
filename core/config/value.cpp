#include "core/config/value.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/config/node.hpp"

#include <charconv>

namespace harmonia::config {

std::string Origin::text() const {
    if (line == 0)
        return source;
    return source + ":" + std::to_string(line) + ":" + std::to_string(column);
}

Value make_value(Value::Node node) {
    return Value(std::make_shared<const Value::Node>(std::move(node)));
}

std::string child_path(const std::string& parent, std::string_view key) {
    return parent.empty() ? std::string(key) : parent + "." + std::string(key);
}

std::string item_path(const std::string& parent, std::size_t index) {
    return parent + "[" + std::to_string(index) + "]";
}

const char* kind_name(Value::Kind kind) {
    switch (kind) {
    case Value::Kind::null:
        return "nothing";
    case Value::Kind::scalar:
        return "a single value";
    case Value::Kind::list:
        return "a list";
    case Value::Kind::map:
        return "a map";
    }
    return "";
}

Value::Value() : node_(std::make_shared<const Node>()) {}
Value::Value(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

Value::Kind Value::kind() const {
    return node_->kind;
}
const Origin& Value::origin() const {
    return node_->origin;
}
const std::string& Value::path() const {
    return node_->path;
}
bool Value::quoted() const {
    return node_->quoted;
}

namespace {

void expect(const Value& value, Value::Kind wanted) {
    if (value.kind() == wanted)
        return;
    value.fail(std::string("must be ") + kind_name(wanted) + ", got " + kind_name(value.kind()));
}

} // namespace

const std::string& Value::scalar() const {
    expect(*this, Kind::scalar);
    return node_->text;
}

const std::vector<Value>& Value::list() const {
    expect(*this, Kind::list);
    return node_->list;
}

const std::vector<std::pair<std::string, Value>>& Value::map() const {
    expect(*this, Kind::map);
    return node_->map;
}

const Value* Value::find(std::string_view key) const {
    for (const auto& [name, value] : map())
        if (name == key)
            return &value;
    return nullptr;
}

void Value::fail(const std::string& what, const std::string& hint) const {
    std::string message = origin().text();
    if (!message.empty())
        message += ": ";
    if (!path().empty())
        message += path() + ": ";
    throw Error(Exit::config, message + what, hint);
}

std::string Value::as_text() const {
    return scalar();
}

long long Value::as_integer() const {
    const auto number = parse_int(scalar());
    if (!number)
        fail("must be a whole number, got '" + printable(scalar(), 60) + "'");
    return *number;
}

bool Value::as_boolean() const {
    if (scalar() == "true")
        return true;
    if (scalar() == "false")
        return false;
    fail("must be true or false, got '" + printable(scalar(), 60) + "'");
}

double Value::as_number() const {
    const std::string& text = scalar();
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc() || end != text.data() + text.size())
        fail("must be a number, got '" + printable(text, 60) + "'");
    return number;
}

long long Value::as_duration_ms() const {
    const auto duration = parse_duration_ms(scalar());
    if (!duration)
        fail("must be a duration, got '" + printable(scalar(), 60) + "'",
             "Write a number with its unit: 250ms, 90s, 15m, 6h or 60d.");
    return *duration;
}

long long Value::as_size_bytes() const {
    const auto size = parse_size_bytes(scalar());
    if (!size)
        fail("must be a size, got '" + printable(scalar(), 60) + "'",
             "Write a number with its unit: 512B, 64KiB, 64MiB or 1GiB.");
    return *size;
}

std::vector<std::string> Value::as_text_list() const {
    if (kind() == Kind::scalar)
        return {scalar()};
    std::vector<std::string> texts;
    for (const Value& item : list())
        texts.push_back(item.scalar());
    return texts;
}

} // namespace harmonia::config

#include "core/expr/json.hpp"

#include "core/base/text.hpp"
#include "core/time/zone.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::expr {

namespace {

using Json = nlohmann::json;

// Looks for one path and stops there. Numbers keep their text: they never become doubles.
class Finder {
public:
    Finder(std::string_view path, Arena& arena) : segments_(split(path, '.')), arena_(arena) {}

    Value found;
    bool malformed = false;

    bool null() { return take({}); }
    bool boolean(bool value) { return take(Value::of(value)); }
    bool number_integer(Json::number_integer_t value) { return text(std::to_string(value)); }
    bool number_unsigned(Json::number_unsigned_t value) { return text(std::to_string(value)); }
    bool number_float(Json::number_float_t, const std::string& written) { return text(written); }
    bool string(std::string& value) { return text(value); }
    bool binary(Json::binary_t&) { return true; }
    bool start_object(std::size_t) { return enter(); }
    bool start_array(std::size_t) { return enter(); }
    bool end_object() { return leave(); }
    bool end_array() { return leave(); }
    bool key(std::string& name) {
        matched_ = std::min(matched_, depth_ - 1);
        if (matched_ == depth_ - 1 && matched_ < segments_.size() && segments_[matched_] == name) {
            ++matched_;
        }
        here_ = matched_ == depth_ && matched_ == segments_.size();
        return true;
    }
    bool parse_error(std::size_t, const std::string&, const Json::exception&) {
        malformed = true;
        return false;
    }

private:
    bool text(const std::string& value) {
        return here_ ? take(Value::of_text(arena_.copy(value))) : true;
    }
    bool take(Value value) {
        if (!here_) {
            return true;
        }
        found = value;
        return false;
    }
    bool enter() {
        ++depth_;
        return !here_;
    }
    bool leave() {
        --depth_;
        return true;
    }

    std::vector<std::string_view> segments_;
    Arena& arena_;
    std::size_t depth_ = 0, matched_ = 0;
    bool here_ = false;
};

} // namespace

Value json_member(std::string_view json, std::string_view path, Arena& arena) {
    Finder finder(path, arena);
    Json::sax_parse(json.begin(), json.end(), &finder);
    return finder.malformed ? Value::error("bad_value", "not JSON") : finder.found;
}

Value untag(const Value& value, Arena& arena) {
    if (value.type != Type::text || value.text.empty() || value.text.front() != '{' ||
        value.text.find("\"__type__\"") == std::string_view::npos) {
        return value;
    }
    for (const char* member : {"__value__", "repr"}) {
        const Value plain = json_member(value.text, member, arena);
        if (!plain.is_null()) {
            return plain;
        }
    }
    const Value epoch = json_member(value.text, "epoch", arena);
    const auto seconds =
        epoch.type == Type::text ? parse_int(epoch.text) : std::optional<long long>();
    constexpr long long beyond_s = 253'402'300'800; // the year 10000
    return seconds && *seconds<beyond_s&& * seconds> - beyond_s
               ? Value::of_instant(*seconds * time::k_second_us)
               : value;
}

} // namespace harmonia::expr

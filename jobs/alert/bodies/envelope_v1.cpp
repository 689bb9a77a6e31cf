#include "jobs/alert/bodies/envelope_v1.hpp"

#include "core/base/uuid.hpp"
#include "core/card/redact.hpp"
#include "core/card/redact_json.hpp"
#include "core/time/format.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::alert {
namespace {

using Json = nlohmann::json;
using observe::AlertEvent;

constexpr std::size_t k_labels_max = 64;
constexpr std::size_t k_label_bytes_max = 1024;
constexpr std::size_t k_hints_max = 16;
constexpr std::int64_t k_year_9999_us = 253'370'764'800'000'000; // prints with four digits

bool is_plain_line(std::string_view text) {
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20; };
    return text.size() <= k_label_bytes_max && std::none_of(text.begin(), text.end(), is_control);
}

bool is_label_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

bool is_label_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 &&
           std::all_of(name.begin(), name.end(), is_label_char);
}

std::optional<std::int64_t> instant_of(const std::string& text) {
    const auto at = time::parse_iso(text);
    if (!at || !at->has_time || !at->offset_seconds)
        return std::nullopt;
    const std::int64_t us = at->instant(time::Zone::utc());
    return us >= 0 && us < k_year_9999_us ? std::optional(us) : std::nullopt;
}

/// Reads a body field by field; the first mistake ends it.
class EnvelopeV1 {
public:
    explicit EnvelopeV1(Json body) : body_(std::move(body)) {}

    Expected<AlertEvent> read() {
        const Json& version = member(body_, "v");
        if (!version.is_number_integer() || version != 1)
            return bad_alert("v", "must be 1");
        for (const auto step : {&EnvelopeV1::identity, &EnvelopeV1::times, &EnvelopeV1::labels,
                                &EnvelopeV1::texts, &EnvelopeV1::hints})
            if (auto done = (this->*step)(); !done)
                return tl::make_unexpected(std::move(done.error()));
        return std::move(event_);
    }

private:
    [[nodiscard]] std::string string(const char* name) const {
        return string_of(member(body_, name));
    }

    Expected<void> identity() {
        const auto id = parse_uuid(string("id"));
        if (!id)
            return bad_alert("id", "must be a UUID");
        event_.id = print_uuid(*id);
        event_.kind = string("kind");
        if (!observe::is_alert_kind(event_.kind))
            return bad_alert("kind", "must be a kind of alert that this version knows");
        event_.severity = string("severity");
        if (!observe::is_alert_severity(event_.severity))
            return bad_alert("severity", "must be critical, warning or info");
        return {};
    }

    Expected<void> times() {
        const auto at = instant_of(string("at"));
        if (!at)
            return bad_alert("at", "must be an RFC 3339 timestamp with a zone");
        event_.at_us = *at;
        if (member(body_, "ends_at").is_null())
            return {};
        event_.ends_at_us = instant_of(string("ends_at"));
        if (!event_.ends_at_us)
            return bad_alert("ends_at", "must be an RFC 3339 timestamp with a zone");
        return {};
    }

    Expected<void> labels() {
        const Json& given = member(body_, "labels");
        if (!given.is_object() || given.size() > k_labels_max)
            return bad_alert("labels", "must be an object with at most 64 string values");
        for (const auto& [name, value] : given.items()) {
            if (!is_label_name(name) || card::shows_card(name) || !value.is_string())
                return bad_alert("labels", "must be label names with string values");
            const std::string label = card::redact(value.get<std::string>());
            if (!is_plain_line(label))
                return bad_alert("labels", "values must be one line of at most 1024 bytes");
            event_.labels[name] = label;
        }
        const auto kind = event_.labels.find("kind");
        if (kind != event_.labels.end() && kind->second != event_.kind)
            return bad_alert("labels", "the label 'kind' must equal the alert's kind");
        return {};
    }

    Expected<void> object(const char* name, std::string& into) {
        Json value = member(body_, name);
        if (value.is_null())
            return {};
        if (!value.is_object())
            return bad_alert(name, "must be an object");
        drop_secrets(value);
        card::redact_json(value);
        into = value.dump();
        if (into.size() > observe::k_alert_json_max)
            return bad_alert(name, "must be at most 64 KiB");
        return {};
    }

    Expected<void> texts() {
        if (!member(body_, "summary").is_string())
            return bad_alert("summary", "must be a string");
        event_.summary = card::redact(string("summary"));
        event_.source = card::redact(string("source"));
        if (!is_plain_line(event_.source))
            return bad_alert("source", "must be one line of at most 1024 bytes");
        if (auto done = object("details", event_.details); !done)
            return done;
        return object("correlation", event_.correlation);
    }

    Expected<void> hints() {
        const Json& given = member(body_, "hints");
        if (given.is_null())
            return {};
        if (!given.is_array() || given.size() > k_hints_max)
            return bad_alert("hints", "must be an array of at most 16 names");
        for (const Json& hint : given) {
            if (!is_label_name(string_of(hint)))
                return bad_alert("hints", "must be an array of names");
            event_.hints.push_back(string_of(hint));
        }
        return {};
    }

    Json body_;
    AlertEvent event_;
};

} // namespace

Expected<AlertEvent> read_v1(Json body) {
    return EnvelopeV1(std::move(body)).read();
}

} // namespace harmonia::alert

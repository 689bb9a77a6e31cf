#include "jobs/alert/envelope.hpp"

#include "core/base/uuid.hpp"
#include "core/card/redact.hpp"
#include "core/observe/redact_json.hpp"
#include "core/time/format.hpp"
#include "importers/card_fields.hpp"
#include "jobs/alert/envelope_2018.hpp"
#include "jobs/alert/exact_json.hpp"

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

bool plain(std::string_view text) {
    return text.size() <= k_label_bytes_max && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20;
           });
}

bool is_label_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-' || c == '.';
    });
}

/// One of our bodies, field by field; the first mistake ends it.
class Ours {
public:
    explicit Ours(Json body) : body_(std::move(body)) {}

    Expected<AlertEvent> read() {
        const Json& version = member("v");
        if (!version.is_number_integer() || version != 1)
            return bad_alert("v", "is not 1");
        for (const auto step : {&Ours::identity, &Ours::times, &Ours::labels, &Ours::texts})
            if (auto done = (this->*step)(); !done)
                return tl::make_unexpected(std::move(done.error()));
        return std::move(event_);
    }

private:
    [[nodiscard]] const Json& member(const char* name) const {
        static const Json k_absent;
        const auto found = body_.find(name);
        return found == body_.end() ? k_absent : *found;
    }
    [[nodiscard]] std::string text(const char* name) const {
        const Json& value = member(name);
        return value.is_string() ? value.get<std::string>() : std::string();
    }

    Expected<void> identity() {
        const auto id = parse_uuid(text("id"));
        if (!id)
            return bad_alert("id", "is no UUID");
        event_.id = print_uuid(*id);
        event_.kind = text("kind");
        if (!observe::is_alert_kind(event_.kind))
            return bad_alert("kind", "is no kind of alert that this version knows");
        event_.severity = text("severity");
        if (!observe::is_alert_severity(event_.severity))
            return bad_alert("severity", "is none of critical, warning, info");
        return {};
    }

    static std::optional<std::int64_t> instant(const std::string& text) {
        const auto at = time::parse_iso(text);
        if (!at || !at->has_time || !at->offset_seconds)
            return std::nullopt;
        const std::int64_t us = at->instant(time::Zone::utc());
        return us >= 0 && us < k_year_9999_us ? std::optional(us) : std::nullopt;
    }
    Expected<void> times() {
        const auto at = instant(text("at"));
        if (!at)
            return bad_alert("at", "is no time with a zone");
        event_.at_us = *at;
        if (member("ends_at").is_null())
            return {};
        event_.ends_at_us = instant(text("ends_at"));
        if (!event_.ends_at_us)
            return bad_alert("ends_at", "is no time with a zone");
        return {};
    }

    Expected<void> labels() {
        const Json& given = member("labels");
        if (!given.is_object() || given.size() > k_labels_max)
            return bad_alert("labels", "are no object of at most 64 texts");
        for (const auto& [name, value] : given.items()) {
            if (!is_label_name(name) || card::shows_card(name) || !value.is_string())
                return bad_alert("labels", "are not names with texts");
            const std::string label = card::redact(value.get<std::string>());
            if (!plain(label))
                return bad_alert("labels", "hold a text that is too long or not on one line");
            event_.labels[name] = label;
        }
        const auto kind = event_.labels.find("kind");
        if (kind != event_.labels.end() && kind->second != event_.kind)
            return bad_alert("labels", "name another kind");
        return {};
    }

    Expected<void> object(const char* name, std::string& into) {
        Json value = member(name);
        if (value.is_null())
            return {};
        if (!value.is_object())
            return bad_alert(name, "is no object");
        drop_secrets(value);
        observe::redact_json(value);
        into = value.dump();
        if (into.size() > observe::k_alert_json_max)
            return bad_alert(name, "is longer than 64 KiB");
        return {};
    }

    Expected<void> texts() {
        if (!member("summary").is_string())
            return bad_alert("summary", "is missing");
        event_.summary = card::redact(text("summary"));
        event_.source = card::redact(text("source"));
        if (!plain(event_.source))
            return bad_alert("source", "is too long or not on one line");
        if (auto done = object("details", event_.details); !done)
            return done;
        if (auto done = object("correlation", event_.correlation); !done)
            return done;
        auto hints = read_hints(member("hints"));
        if (!hints)
            return tl::make_unexpected(std::move(hints.error()));
        event_.hints = std::move(*hints);
        return {};
    }
    static Expected<std::vector<std::string>> read_hints(const Json& given) {
        std::vector<std::string> hints;
        if (given.is_null())
            return hints;
        if (!given.is_array() || given.size() > k_hints_max)
            return bad_alert("hints", "are no list of at most 16 texts");
        for (const Json& hint : given) {
            if (!hint.is_string() || !is_label_name(hint.get_ref<const std::string&>()))
                return bad_alert("hints", "are no list of names");
            hints.push_back(hint.get<std::string>());
        }
        return hints;
    }

    Json body_;
    AlertEvent event_;
};

} // namespace

tl::unexpected<Problem> bad_alert(const char* field, const char* detail) {
    return bad("bad_alert", field, detail);
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

Expected<AlertEvent> read_envelope(std::string_view body, const EnvelopeContext& context) {
    auto json = exact_json(body);
    if (!json)
        return tl::make_unexpected(std::move(json.error()));
    if (json->is_object() && json->contains("v"))
        return Ours(std::move(*json)).read();
    if (json->is_object() && json->contains("message"))
        return read_2018(std::move(*json), context);
    return bad("not_an_alert", {}, "has neither 'v' nor 'message'");
}

} // namespace harmonia::alert

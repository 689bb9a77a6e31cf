#include "jobs/alert/channels/channel.hpp"

#include "core/base/text.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::alert {

#define CHANNEL(type)                                                                              \
    std::shared_ptr<const Channel> make_##type(const std::string& name, config::Reader& reader,    \
                                               const ChannelContext& context);
#include "jobs/alert/channels/channels.def"
#undef CHANNEL

namespace {

const std::vector<std::string>& types() {
    static const std::vector<std::string> k_types{
#define CHANNEL(type) #type,
#include "jobs/alert/channels/channels.def"
#undef CHANNEL
    };
    return k_types;
}

} // namespace

const char* class_name(Result::Class outcome) {
    switch (outcome) {
    case Result::Class::sent:
        return "sent";
    case Result::Class::transient:
        return "transient";
    case Result::Class::permanent:
        return "permanent";
    case Result::Class::unsent:
        return "unsent";
    }
    return "";
}

std::shared_ptr<const Channel> read_channel(const std::string& name,
                                            const config::Value& declaration,
                                            const ChannelContext& context) {
    config::Reader reader(declaration);
    const std::string type = reader.choice("type", types(), "smtp");
    std::shared_ptr<const Channel> made;
#define CHANNEL(kind)                                                                              \
    if (type == #kind)                                                                             \
        made = make_##kind(name, reader, context);
#include "jobs/alert/channels/channels.def"
#undef CHANNEL
    reader.finish();
    return made;
}

const Json& template_form() {
    static const Json k_form = [] {
        const Json open{{"*", ""}};
        Json any = open; // nested as deep as anybody needs
        for (int depth = 0; depth < 4; ++depth)
            any = Json{{"*", any}};
        const Json one{{"id", ""},           {"kind", ""},    {"severity", ""},
                       {"at", ""},           {"ends_at", ""}, {"source", ""},
                       {"labels", open},     {"summary", ""}, {"details", any},
                       {"correlation", any}, {"count", 1},    {"fingerprint", ""}};
        return Json{{"title", ""},
                    {"severity", ""},
                    {"reason", ""},
                    {"number", 1},
                    {"receiver", ""},
                    {"channel", ""},
                    {"target", ""},
                    {"key", ""},
                    {"total", 1},
                    {"more", 0},
                    {"group", {{"id", ""}, {"key", ""}, {"route", ""}, {"labels", open}}},
                    {"alerts", Json::array({one})},
                    {"text", ""}};
    }();
    return k_form;
}

expr::Template read_template(config::Reader& reader, const char* key, const std::string& fallback,
                             expr::Template::Escape escape) {
    const auto given = reader.optional(key);
    auto made =
        expr::Template::compile(given ? given->as_text() : fallback, template_form(), escape);
    if (!made)
        (given ? *given : reader.value()).fail("template " + made.error().detail);
    return *made;
}

std::string masked_address(const std::string& address) {
    const std::size_t at = address.find('@');
    if (at != std::string::npos)
        return address.substr(0, 1) + "***" + address.substr(at);
    return address.size() <= 5 ? "***"
                               : address.substr(0, 3) + "***" + address.substr(address.size() - 2);
}

} // namespace harmonia::alert

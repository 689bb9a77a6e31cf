#include "jobs/alert/settings.hpp"

#include "core/base/text.hpp"
#include "core/config/config.hpp"

#include <fmt/format.h>

namespace harmonia::alert {
namespace {

using config::Reader;
using config::Value;

constexpr std::size_t k_route_depth_max = 8; // levels of routes; a deeper tree is a mistake

constexpr const char* k_subject = "[{{ severity | upper }}] {{ title }}";
constexpr const char* k_text =
    "{{#each alerts}}{{ at | time }}  {{ severity | upper }}  {{ summary }}\n"
    "{{#if details.explain}}    {{ details.explain }}\n{{/if}}"
    "{{#if ends_at}}    until {{ ends_at | time }}\n{{/if}}{{/each}}"
    "{{#if more}}and {{ more }} more\n{{/if}}";
constexpr const char* k_sms = "{{ severity | upper }} {{ title }}";

std::int64_t duration_us(const Value& value) {
    return value.as_duration_ms() * 1000;
}

void read_duration(Reader& reader, const char* key, std::int64_t& into) {
    if (const auto value = reader.optional(key))
        into = duration_us(*value);
}

std::vector<std::string> read_names(Reader& reader, const char* key,
                                    std::vector<std::string> fallback) {
    const auto value = reader.optional(key);
    return value ? value->as_text_list() : std::move(fallback);
}

std::optional<Throttle> read_throttle(const Value& value) {
    if (value.kind() == Value::Kind::null)
        return std::nullopt;
    Reader reader(value);
    Throttle throttle;
    throttle.max = static_cast<int>(reader.integer("max", 20, 1, 100'000));
    throttle.per_us = 3'600'000'000;
    read_duration(reader, "per", throttle.per_us);
    if (throttle.per_us < throttle.max)
        value.fail("'per' must be at least one microsecond for each of 'max'");
    reader.finish();
    return throttle;
}

void read_group_by(const Value& value, Route& route) {
    route.group_by = value.as_text_list();
    route.by_every_label = route.group_by == std::vector<std::string>{"..."};
}

Route read_route(const Value& value, const Route& parent, const std::string& path) {
    Reader reader(value);
    Route route = parent;
    route.path = path;
    route.routes.clear();
    route.matchers.clear();
    if (const auto matchers = reader.optional("match"))
        route.matchers = read_matchers(*matchers);
    route.continue_matching = reader.boolean("continue", false);
    route.receiver = reader.text("receiver", parent.receiver);
    if (const auto labels = reader.optional("group_by"))
        read_group_by(*labels, route);
    read_duration(reader, "group_wait", route.group_wait_us);
    read_duration(reader, "group_interval", route.group_interval_us);
    read_duration(reader, "repeat_interval", route.repeat_us);
    read_duration(reader, "dedup_window", route.dedup_us);
    if (const auto throttle = reader.optional("throttle"))
        route.throttle = read_throttle(*throttle);
    route.active = read_names(reader, "active", route.active);
    route.mute = read_names(reader, "mute", route.mute);
    route.mute_critical = reader.boolean("mute_critical", route.mute_critical);
    if (const auto children = reader.optional("routes")) {
        if (split(path, '.').size() > k_route_depth_max)
            children->fail("routes must be nested at most 8 levels deep");
        for (const Value& child : children->list())
            route.routes.push_back(
                read_route(child, route, path + "." + std::to_string(route.routes.size())));
    }
    reader.finish();
    return route;
}

Texts read_texts(Reader reader) {
    Texts texts;
    texts.subject = read_template(reader, "subject", k_subject);
    texts.text = read_template(reader, "text", k_text);
    texts.sms = read_template(reader, "sms", k_sms);
    if (reader.has("html"))
        texts.html = read_template(reader, "html", "", expr::Template::Escape::html);
    reader.finish();
    return texts;
}

Inhibition read_inhibition(const Value& value) {
    Reader reader(value);
    Inhibition rule;
    rule.source = read_matchers(reader.required("source"));
    rule.target = read_matchers(reader.required("target"));
    rule.equal = read_names(reader, "equal", {});
    read_duration(reader, "for", rule.lasts_us);
    reader.finish();
    return rule;
}

/// Checks that the names which the section uses exist.
class Check {
public:
    Check(const Settings& settings, const Value& section)
        : settings_(settings), section_(section) {}
    void run() const {
        route(settings_.root);
        for (const auto& [name, receiver] : settings_.receivers)
            for (const auto& channel : receiver.channels)
                known("channel", channel, settings_.channels);
        if (!settings_.fallback_channel.empty())
            known("channel", settings_.fallback_channel, settings_.channels);
    }

private:
    template <typename Map>
    void known(const char* what, const std::string& name, const Map& map) const {
        if (map.contains(name))
            return;
        std::vector<std::string> names;
        for (const auto& entry : map)
            names.push_back(entry.first);
        const auto near = nearest(name, names);
        section_.fail(fmt::format("unknown {} '{}'", what, name),
                      near ? "Did you mean '" + *near + "'?" : "");
    }
    void route(const Route& node) const {
        known("receiver", node.receiver, settings_.receivers);
        for (const auto* names : {&node.active, &node.mute})
            for (const auto& name : *names)
                known("interval", name, settings_.intervals);
        for (const Route& child : node.routes)
            route(child);
    }
    const Settings& settings_;
    const Value& section_;
};

const Route* found(const Route& route, std::string_view path) {
    if (route.path == path)
        return &route;
    for (const Route& child : route.routes)
        if (const Route* hit = found(child, path))
            return hit;
    return nullptr;
}

void read_receivers(Reader& reader, Settings& settings) {
    std::map<std::string, std::shared_ptr<const Texts>> templates;
    if (const auto map = reader.optional("templates"))
        for (const auto& [name, texts] : map->map())
            templates[name] = std::make_shared<const Texts>(read_texts(Reader(texts)));
    if (!templates.contains("default"))
        templates["default"] =
            std::make_shared<const Texts>(read_texts(Reader(config::parse("{}", "defaults"))));
    Receiver everybody{{}, templates.at("default")};
    for (const auto& [name, channel] : settings.channels)
        everybody.channels.push_back(name);
    settings.receivers["default"] = everybody;
    const auto map = reader.optional("receivers");
    if (!map)
        return;
    for (const auto& [name, value] : map->map()) {
        Reader one(value);
        Receiver receiver;
        receiver.channels = one.required("channels").as_text_list();
        const std::string wanted = one.text("template", "default");
        if (!templates.contains(wanted))
            value.fail("unknown template '" + wanted + "'");
        receiver.texts = templates.at(wanted);
        one.finish();
        settings.receivers[name] = std::move(receiver);
    }
}

} // namespace

Settings Settings::load(const Value& root) {
    Settings settings;
    const auto given = config::lookup(root, "alerts");
    const Value section =
        given && given->kind() == Value::Kind::map ? *given : config::parse("{}", "defaults");
    Reader reader(section);
    settings.publish = reader.boolean("publish", false);
    settings.fallback_channel = reader.text("fallback", "");
    const ChannelContext context{reader.text("mail_domain", "")};
    if (const auto map = reader.optional("channels"))
        for (const auto& [name, value] : map->map())
            settings.channels[name] = read_channel(name, value, context);
    if (const auto map = reader.optional("intervals"))
        settings.intervals = read_intervals(*map);
    if (const auto list = reader.optional("inhibit"))
        for (const Value& item : list->list())
            settings.inhibitions.push_back(read_inhibition(item));
    read_receivers(reader, settings);
    if (const auto route = reader.optional("route"))
        settings.root = read_route(*route, Route{}, "0");
    if (!settings.root.matchers.empty())
        section.fail("the root route must have no matchers: every alert goes there");
    reader.finish();
    settings.fallback.path = settings.fallback.receiver = k_fallback_path;
    settings.fallback.group_by = {"kind", "channel"};
    settings.fallback.group_wait_us = 0;
    Check(settings, section).run();
    settings.receivers[k_fallback_path] = {{}, settings.receivers.at("default").texts};
    if (!settings.fallback_channel.empty())
        settings.receivers[k_fallback_path].channels = {settings.fallback_channel};
    return settings;
}

const Route* Settings::find_route(std::string_view path) const {
    return path == k_fallback_path ? &fallback : found(root, path);
}

} // namespace harmonia::alert

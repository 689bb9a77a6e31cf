#include "core/base/text.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/alert/store.hpp"
#include "jobs/alert/tell.hpp"

namespace harmonia::alert {
namespace {

const Channel& channel_named(const Settings& settings, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& entry : settings.channels)
        names.push_back(entry.first);
    if (settings.channels.contains(name))
        return *settings.channels.at(name);
    const auto near = nearest(name, names);
    throw Error(Exit::usage, "there is no channel '" + printable(name) + "'",
                near ? "Did you mean '" + *near + "'?" : "");
}

observe::AlertEvent event_of(const std::string& channel, std::int64_t now_us) {
    observe::AlertEvent event;
    event.kind = "alert.test";
    event.severity = "info";
    event.at_us = now_us;
    event.labels = {{"channel", channel}};
    event.summary = "a test of channel " + channel;
    event.id = observe::alert_id(event);
    return event;
}

Json data_of(const Group& group, const Json& alert, const std::string& channel) {
    return {{"title", alert.at("summary")},
            {"severity", "info"},
            {"reason", "test"},
            {"number", group.times.number + 1},
            {"receiver", "default"},
            {"channel", channel},
            {"total", 1},
            {"more", 0},
            {"text", ""},
            {"group",
             {{"id", std::to_string(group.id)},
              {"key", group.key.key},
              {"route", group.key.route},
              {"labels", group.key.labels}}},
            {"alerts", Json::array({alert})}};
}

} // namespace

void tell_test(db::Connection& connection, const Settings& settings, const std::string& name) {
    const Channel& channel = channel_named(settings, name);
    db::Transaction tx(connection);
    const auto event = event_of(name, server_now_us(tx));
    observe::raise_alerts(tx, std::vector{event});
    store_hushed(tx, {{event.id, "", ""}}); // decided: not for the routes
    const GroupKey key{"test:" + name, "0", {{"channel", name}}, {}};
    store_joins(tx, {{key, event.id, event.at_us, nullptr, event.at_us}});
    const Group group = load_groups(tx, {key.key}).at(key.key);
    Notice notice{group.id, group.times.number + 1, "test", {event.id}, {}};
    Telling telling{data_of(group, load_details(tx, {event.id}).at(event.id), name),
                    std::to_string(group.id)};
    for (const auto& target : channel.targets()) {
        telling.data["target"] = target;
        telling.data["key"] = idempotency_key(group.id, notice.number, name, target);
        const auto& texts = *settings.receivers.at("default").texts;
        notice.deliveries.push_back(
            {name, target, "info", channel.payload(telling, texts, target).dump()});
    }
    store_notices(tx, {notice});
    store_moved(tx, {{group.id, true, std::nullopt}}, event.at_us);
    tx.commit(Failpoint::alert_operator_commit);
}

} // namespace harmonia::alert

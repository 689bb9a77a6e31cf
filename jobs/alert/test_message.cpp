// The message of `harmonia alert test CHANNEL`: an alert of its own that takes no route.
#include "core/base/text.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/alert/notify.hpp"
#include "jobs/alert/store.hpp"

namespace harmonia::alert {
namespace {

const Channel& channel_named(const Settings& settings, const std::string& name) {
    if (settings.channels.contains(name))
        return *settings.channels.at(name);
    std::vector<std::string> names;
    for (const auto& entry : settings.channels)
        names.push_back(entry.first);
    const auto near = nearest(name, names);
    throw Error(Exit::usage, "unknown channel '" + printable(name) + "'",
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

} // namespace

void create_test_message(db::Connection& connection, const Settings& settings,
                         const std::string& name) {
    const Channel& channel = channel_named(settings, name);
    db::Transaction tx(connection);
    const auto event = event_of(name, db::server_time(tx).us);
    observe::raise_alerts(tx, std::vector{event});
    store_suppressed(tx, {{event.id, "", ""}}); // decided, so that no route takes it
    const GroupKey key{"test:" + name, "0", {{"channel", name}}, {}};
    store_members(tx, {{key, event.id, event.at_us, nullptr, event.at_us}});
    const Group group = load_groups(tx, {key.key}).at(key.key);
    Alert alert;
    alert.id = event.id;
    alert.severity = event.severity;
    const std::vector<std::string> listed{load_details(tx, {event.id}).at(event.id)};
    NotificationBuilder notification(group, "default", "test", {&alert, 1}, listed);
    notification.add(channel, *settings.receivers.at("default").texts);
    store_notifications(tx, {notification.take()});
    store_group_updates(tx, {{group.id, true, std::nullopt}}, event.at_us);
    tx.commit(Failpoint::alert_operator_commit);
}

} // namespace harmonia::alert

#include "jobs/alert/notification.hpp"

#include "core/base/check.hpp"
#include "jobs/alert/channels/retry.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace harmonia::alert {
namespace {

std::string title_of(const Group& group, const std::string& reason, std::size_t total,
                     const Json& alerts) {
    if (total == 1 && !alerts.empty())
        return alerts[0].at("summary").get<std::string>();
    std::string labels;
    for (const auto& [name, value] : group.key.labels)
        labels += " " + value;
    return fmt::format("{} alerts{}:{}", total,
                       reason == "digest" ? " held back by the throttle" : "", labels);
}

} // namespace

struct NotificationBuilder::State {
    Json data;
    Notification notification;
};

NotificationBuilder::NotificationBuilder(const Group& group, const std::string& receiver,
                                         const std::string& reason, std::span<const Alert> members,
                                         std::span<const std::string> listed)
    : state_(std::make_unique<State>()) {
    HARMONIA_CHECK(listed.size() <= members.size());
    Json alerts = Json::array();
    for (const std::string& alert : listed)
        alerts.push_back(Json::parse(alert));
    const int number = group.times.number + 1;
    state_->data = {{"title", title_of(group, reason, members.size(), alerts)},
                    {"severity", highest_severity(members)},
                    {"reason", reason},
                    {"number", number},
                    {"receiver", receiver},
                    {"total", members.size()},
                    {"more", members.size() - alerts.size()},
                    {"group",
                     {{"id", std::to_string(group.id)},
                      {"key", group.key.key},
                      {"route", group.key.route},
                      {"labels", group.key.labels}}},
                    {"alerts", alerts},
                    {"text", ""}};
    state_->notification = {group.id, number, reason, {}, {}};
    for (const Alert& alert : members)
        state_->notification.members.push_back(alert.id);
}

NotificationBuilder::~NotificationBuilder() = default;

void NotificationBuilder::add(const Channel& channel, const Texts& texts) {
    Json& data = state_->data;
    Notification& notification = state_->notification;
    data["channel"] = channel.name();
    for (const auto& target : channel.targets()) {
        const auto key =
            idempotency_key(notification.group_id, notification.number, channel.name(), target);
        data["target"] = target;
        data["key"] = key;
        notification.deliveries.push_back({channel.name(), target, key,
                                           data.at("severity").get<std::string>(),
                                           channel.payload(data, texts, target)});
    }
}

Notification NotificationBuilder::take() {
    return std::move(state_->notification);
}

} // namespace harmonia::alert

// Messages for programs, through the outbox: `type: queue`. With `form: legacy` they are what the
// original published: one message a transaction, in two envelopes.
#include "core/json/writer.hpp"
#include "core/time/civil.hpp"
#include "core/time/format.hpp"
#include "jobs/alert/channels/http.hpp"
#include "jobs/alert/channels/queue_2018.hpp"
#include "jobs/alert/channels/store_outbox.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::alert {
namespace {

std::int64_t epoch_ms(const Json& alert) {
    const auto at = time::parse_iso(alert.at("at").get<std::string>());
    return at ? at->instant(time::Zone::utc()) / 1000 : 0;
}

Json or_null(const Json& details, const char* name) {
    const auto found = details.find(name);
    return found == details.end() ? Json(nullptr) : *found;
}

/// The nine fields of the original's event, as far as they are known; a card is masked.
std::string legacy_body(const Json& alert) {
    const Json& details = alert.at("details");
    const auto ms = epoch_ms(alert);
    const Json id = details.contains("transactionID")
                        ? details.at("transactionID")
                        : or_null(alert.at("correlation"), "transaction_id");
    const Json payment = {{"card", or_null(details, "card")},
                          {"type", or_null(details, "method_type")},
                          {"amount", or_null(details, "amount")},
                          {"currency", or_null(details, "currency")}};
    const Json transaction = {
        {"transactionID", id},
        {"userID", or_null(alert.at("labels"), "customer")},
        {"order", or_null(details, "order")},
        {"paymentMethod", or_null(details, "method")},
        {"payment", details.contains("payment") ? details.at("payment") : payment},
        {"status", {{"code", 13}, {"name", "TRANSACTION_ALERT_INITIATED"}}},
        {"fraudStatus", true},
        {"transactionStartTime", ms},
        {"transactionEndTime", ms}};
    return json::dumped(
        {{"message",
          {{"alertTypes", {"sms", "email"}}, {"message", {{"Transaction", transaction}}}}}});
}

class Queue final : public Channel {
public:
    using Channel::Channel;
    std::string to_exchange, routing_key;
    bool legacy = false;

    std::string exchange() const override { return to_exchange; }
    std::vector<std::string> targets() const override { return {to_exchange + "/" + routing_key}; }
    int at_once() const override { return 100; } // rows: nothing to wait for
    std::string payload(const Json& data, const Texts&, const std::string&) const override {
        Json bodies = Json::array();
        if (!legacy)
            bodies.push_back(event_body(data));
        else
            for (const Json& alert : data.at("alerts"))
                bodies.push_back(legacy_body(alert));
        return json::dumped({{"bodies", bodies}});
    }
    std::unique_ptr<Transport> open() const override;
};

class QueueTransport final : public Transport {
public:
    explicit QueueTransport(const Queue& channel) : channel_(channel) {}
    std::vector<Result> send(std::span<const Delivery> deliveries) override {
        return std::vector<Result>(deliveries.size(),
                                   {Result::Class::sent, 0, "in the outbox", {}, 0, 0});
    }
    void commit_with(db::Transaction& tx, std::span<const Delivery> deliveries) override {
        std::vector<OutboxMessage> messages;
        for (const Delivery& delivery : deliveries) {
            const Json payload = Json::parse(delivery.payload);
            int number = 0;
            for (const Json& body : payload.at("bodies"))
                messages.push_back(
                    {delivery.key + "-" + std::to_string(++number), body.get<std::string>()});
        }
        store_outbox(tx, channel_.to_exchange, channel_.routing_key, messages);
    }

private:
    const Queue& channel_;
};

std::unique_ptr<Transport> Queue::open() const {
    return std::make_unique<QueueTransport>(*this);
}

} // namespace

std::shared_ptr<const Channel> make_queue(const std::string& name, config::Reader& reader,
                                          const ChannelContext&) {
    auto channel = std::make_shared<Queue>(name, "queue");
    channel->legacy = reader.choice("form", {"event", "legacy"}, "event") == "legacy";
    channel->to_exchange = reader.text("exchange", channel->legacy ? k_exchange_2018 : "");
    channel->routing_key = reader.text("routing_key", channel->legacy ? k_routing_key_2018 : "");
    if (channel->routing_key.empty())
        reader.value().fail("routing_key is required");
    return channel;
}

} // namespace harmonia::alert

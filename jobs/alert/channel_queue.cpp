// Messages for programs, through the outbox: `type: queue`. With `form: legacy` they are what the
// original published: one of each transaction, in two envelopes.
#include "core/base/json_text.hpp"
#include "core/db/connection.hpp"
#include "core/time/civil.hpp"
#include "core/time/format.hpp"
#include "jobs/alert/channel_http.hpp"
#include "jobs/alert/topology.hpp"

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

/// The nine fields of the original's event, of what is known; a card is shown masked.
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
    return dumped(
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
    int at_once() const override { return 100; } // rows, no waiting
    Json payload(const Telling& telling, const Texts&, const std::string&) const override {
        Json bodies = Json::array();
        if (!legacy)
            bodies.push_back(event_body(telling));
        else
            for (const Json& alert : telling.data.at("alerts"))
                bodies.push_back(legacy_body(alert));
        return {{"bodies", bodies}};
    }
    std::unique_ptr<Sender> open() const override;
};

class QueueSender final : public Sender {
public:
    explicit QueueSender(const Queue& channel) : channel_(channel) {}
    std::vector<Result> send(std::span<const Letter> letters) override {
        return std::vector<Result>(letters.size(),
                                   {Result::Class::sent, 0, "in the outbox", {}, 0, 0});
    }
    void commit_with(db::Transaction& tx, std::span<const Letter> letters) override {
        std::vector<std::string> ids, bodies;
        for (const Letter& letter : letters) {
            int number = 0;
            for (const Json& body : letter.payload.at("bodies")) {
                ids.push_back(letter.key + "-" + std::to_string(++number));
                bodies.push_back(body.get<std::string>());
            }
        }
        tx.exec("INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, properties, body,"
                " mandatory) SELECT 'screening', 'alert', 'alert-' || $1, $1, $2,"
                " jsonb_build_object('content_type', 'application/json', 'delivery_mode', 2,"
                " 'message_id', i), b, true FROM unnest($3::text[], $4::text[]) WITH ORDINALITY"
                " u(i, b, n) ORDER BY n",
                channel_.to_exchange, channel_.routing_key, ids, bodies);
        tx.exec("SELECT pg_notify('harmonia_outbox', '')");
    }

private:
    const Queue& channel_;
};

std::unique_ptr<Sender> Queue::open() const {
    return std::make_unique<QueueSender>(*this);
}

} // namespace

std::shared_ptr<const Channel> make_queue(const std::string& name, config::Reader& reader,
                                          const ChannelContext&) {
    auto channel = std::make_shared<Queue>(name, "queue");
    channel->legacy = reader.choice("form", {"event", "legacy"}, "event") == "legacy";
    channel->to_exchange = reader.text("exchange", channel->legacy ? k_exchange_2018 : "");
    channel->routing_key = reader.text("routing_key", channel->legacy ? k_routing_key_2018 : "");
    if (channel->routing_key.empty())
        reader.value().fail("routing_key is missing");
    return channel;
}

} // namespace harmonia::alert

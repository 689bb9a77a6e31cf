// Short messages through a provider's HTTP gateway: `type: sms`.
#include "core/json/writer.hpp"
#include "jobs/alert/channels/http.hpp"
#include "jobs/alert/channels/retry.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::alert {
namespace {

class Sms final : public Channel {
public:
    using Channel::Channel;
    std::string url, method, id_pointer;
    std::vector<std::string> to;
    std::vector<std::int64_t> success;
    int segments = 2;
    std::optional<int> budget;
    std::optional<expr::Template> body;
    net::HttpLimits limits;
    std::vector<std::pair<std::string, std::string>> headers;

    std::vector<std::string> targets() const override { return to; }
    std::string masked(const std::string& target) const override { return masked_address(target); }
    std::optional<int> daily_budget() const override { return budget; }
    int at_once() const override { return static_cast<int>(limits.in_flight); }
    std::string payload(const Json& notification, const Texts& texts,
                        const std::string& target) const override {
        Json data = notification;
        data["text"] = sms_cut(texts.sms.render(data), segments);
        data["target"] = target;
        return json::dumped({{"body", body->render(data)}, {"text", data["text"]}});
    }
    std::unique_ptr<Transport> open() const override;
};

class SmsTransport final : public HttpTransport {
public:
    explicit SmsTransport(const Sms& channel) : HttpTransport(channel.limits), channel_(channel) {}

private:
    [[nodiscard]] net::HttpRequest request(const Delivery& delivery) const override {
        return {channel_.method, channel_.url, body_of(delivery), channel_.headers};
    }
    [[nodiscard]] Result result(const net::HttpAnswer& answer) const override {
        Result result = result_of(answer);
        const auto& good = channel_.success;
        if (result.outcome == Result::Class::sent && !good.empty() &&
            std::find(good.begin(), good.end(), answer.status) == good.end())
            result.outcome = Result::Class::permanent;
        if (result.outcome != Result::Class::sent || channel_.id_pointer.empty())
            return result;
        const Json answered = Json::parse(answer.body, nullptr, false);
        const Json::json_pointer at(channel_.id_pointer);
        if (!answered.is_discarded() && answered.contains(at))
            result.provider_id = answered.at(at).is_string() ? answered.at(at).get<std::string>()
                                                             : json::dumped(answered.at(at));
        return result;
    }
    const Sms& channel_;
};

std::unique_ptr<Transport> Sms::open() const {
    return std::make_unique<SmsTransport>(*this);
}

} // namespace

std::shared_ptr<const Channel> make_sms(const std::string& name, config::Reader& reader,
                                        const ChannelContext&) {
    auto channel = std::make_shared<Sms>(name, "sms");
    channel->url = read_url(reader);
    channel->method = reader.choice("method", {"POST", "PUT"}, "POST");
    channel->to = reader.required("to").as_text_list();
    channel->body =
        read_template(reader, "body", R"({"to":{{ target | json }},"text":{{ text | json }}})");
    channel->id_pointer = reader.text("id_pointer", "");
    if (!channel->id_pointer.empty() && !channel->id_pointer.starts_with('/'))
        reader.value().fail("id_pointer must be a JSON pointer, which begins with /");
    if (const auto list = reader.optional("success"))
        for (const auto& status : list->list())
            channel->success.push_back(status.as_integer());
    channel->segments = static_cast<int>(reader.integer("max_segments", 2, 1, 10));
    if (reader.has("daily_budget"))
        channel->budget = static_cast<int>(reader.integer("daily_budget", 0, 0, 1'000'000));
    channel->limits = read_limits(reader);
    channel->headers = read_headers(reader);
    return channel;
}

} // namespace harmonia::alert

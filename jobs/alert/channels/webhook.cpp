// A signed POST: `type: webhook`.
#include "core/base/hash.hpp"
#include "core/config/secret.hpp"
#include "core/time/clock.hpp"
#include "jobs/alert/channels/http.hpp"

#include <fmt/format.h>

namespace harmonia::alert {
namespace {

class Webhook final : public Channel {
public:
    using Channel::Channel;
    std::string url, method, secret;
    net::HttpLimits limits;
    std::vector<std::pair<std::string, std::string>> headers;

    std::vector<std::string> targets() const override { return {url}; }
    std::string masked(const std::string& target) const override {
        return target.substr(0, target.find_first_of("?#")); // the rest is often a secret
    }
    std::string payload(const Json& data, const Texts&, const std::string&) const override {
        return body_payload(event_body(data));
    }
    int at_once() const override { return static_cast<int>(limits.in_flight); }
    std::unique_ptr<Transport> open() const override;
};

class WebhookTransport final : public HttpTransport {
public:
    explicit WebhookTransport(const Webhook& channel)
        : HttpTransport(channel.limits), channel_(channel) {}

private:
    [[nodiscard]] net::HttpRequest request(const Delivery& delivery) const override {
        net::HttpRequest made{channel_.method, delivery.target, body_of(delivery),
                              channel_.headers};
        if (!channel_.secret.empty())
            made.headers.emplace_back("X-Harmonia-Signature", signature(made.body));
        return made;
    }
    [[nodiscard]] std::string signature(const std::string& body) const {
        const auto now = time::system_clock().now_us() / 1'000'000;
        return fmt::format("t={},v1={}", now,
                           hmac_sha256_hex(channel_.secret, fmt::format("{}.{}", now, body)));
    }
    const Webhook& channel_;
};

std::unique_ptr<Transport> Webhook::open() const {
    return std::make_unique<WebhookTransport>(*this);
}

} // namespace

std::shared_ptr<const Channel> make_webhook(const std::string& name, config::Reader& reader,
                                            const ChannelContext&) {
    auto channel = std::make_shared<Webhook>(name, "webhook");
    channel->url = read_url(reader);
    channel->method = reader.choice("method", {"POST", "PUT"}, "POST");
    channel->secret = config::secret(reader, "secret").value_or("");
    channel->limits = read_limits(reader);
    channel->headers = read_headers(reader);
    return channel;
}

} // namespace harmonia::alert

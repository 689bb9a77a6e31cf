// Push messages through an ntfy server: `type: ntfy`.
#include "core/config/secret.hpp"
#include "core/json/writer.hpp"
#include "jobs/alert/channels/http.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::alert {
namespace {

constexpr std::size_t k_message_max = 4096; // bytes; an ntfy server makes a longer one a file

/// At most `limit` bytes, not cut inside a character.
std::string cut_bytes(const std::string& text, std::size_t limit) {
    std::size_t end = std::min(limit, text.size());
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
        --end;
    return text.substr(0, end);
}

class Ntfy final : public Channel {
public:
    using Channel::Channel;
    std::string url, topic, token;
    net::HttpLimits limits;

    std::vector<std::string> targets() const override { return {topic}; }
    int at_once() const override { return static_cast<int>(limits.in_flight); }
    std::string payload(const Json& data, const Texts& texts, const std::string&) const override {
        const std::string severity = data.at("severity").get<std::string>();
        const int priority = severity == "critical" ? 5 : severity == "warning" ? 4 : 3;
        return body_payload(
            json::dumped({{"topic", topic},
                          {"title", texts.subject.render(data)},
                          {"message", cut_bytes(texts.text.render(data), k_message_max)},
                          {"tags", {severity}},
                          {"priority", priority}}));
    }
    std::unique_ptr<Transport> open() const override;
};

class NtfyTransport final : public HttpTransport {
public:
    explicit NtfyTransport(const Ntfy& channel)
        : HttpTransport(channel.limits), channel_(channel) {}

private:
    [[nodiscard]] net::HttpRequest request(const Delivery& delivery) const override {
        net::HttpRequest made{"POST", channel_.url, body_of(delivery), {}};
        if (!channel_.token.empty())
            made.headers.emplace_back("Authorization", "Bearer " + channel_.token);
        return made;
    }
    const Ntfy& channel_;
};

std::unique_ptr<Transport> Ntfy::open() const {
    return std::make_unique<NtfyTransport>(*this);
}

} // namespace

std::shared_ptr<const Channel> make_ntfy(const std::string& name, config::Reader& reader,
                                         const ChannelContext&) {
    auto channel = std::make_shared<Ntfy>(name, "ntfy");
    channel->url = read_url(reader);
    channel->topic = reader.required("topic").as_text();
    channel->token = config::secret(reader, "token").value_or("");
    channel->limits = read_limits(reader);
    return channel;
}

} // namespace harmonia::alert

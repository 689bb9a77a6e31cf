// Push messages by an ntfy server: `type: ntfy`.
#include "core/base/json_text.hpp"
#include "core/config/secret.hpp"
#include "jobs/alert/channel_http.hpp"

namespace harmonia::alert {
namespace {

constexpr std::size_t k_message_max = 4096; // bytes; an ntfy server makes a longer one a file

/// At most `most` bytes, not inside a character.
std::string cut_bytes(const std::string& text, std::size_t most) {
    std::size_t end = std::min(most, text.size());
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
    Json payload(const Telling& telling, const Texts& texts, const std::string&) const override {
        const std::string severity = telling.data.at("severity").get<std::string>();
        return {
            {"body", dumped({{"topic", topic},
                             {"title", texts.subject.render(telling.data)},
                             {"message", cut_bytes(texts.text.render(telling.data), k_message_max)},
                             {"tags", {severity}},
                             {"priority", severity == "critical"  ? 5
                                          : severity == "warning" ? 4
                                                                  : 3}})}};
    }
    std::unique_ptr<Sender> open() const override;
};

class NtfySender final : public HttpSender {
public:
    explicit NtfySender(const Ntfy& channel) : HttpSender(channel.limits), channel_(channel) {}

private:
    [[nodiscard]] net::HttpRequest request(const Letter& letter) const override {
        net::HttpRequest made{
            "POST", channel_.url, letter.payload.at("body").get<std::string>(), {}};
        if (!channel_.token.empty())
            made.headers.emplace_back("Authorization", "Bearer " + channel_.token);
        return made;
    }
    const Ntfy& channel_;
};

std::unique_ptr<Sender> Ntfy::open() const {
    return std::make_unique<NtfySender>(*this);
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

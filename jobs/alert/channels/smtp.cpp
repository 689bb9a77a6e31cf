// Mail to a server: `type: smtp`.
#include "core/net/smtp.hpp"

#include "core/base/text.hpp"
#include "core/config/secret.hpp"
#include "jobs/alert/channels/http.hpp"
#include "jobs/alert/channels/mail.hpp"
#include "jobs/alert/channels/retry.hpp"

#include <algorithm>

namespace harmonia::alert {
namespace {

using Tls = net::SmtpServer::Tls;

Result result_of(const net::MailAnswer& answer) {
    Result result;
    result.code = answer.code;
    result.reply = answer.reply;
    result.duration_ms = answer.duration_ms;
    if (!answer.sent)
        result.outcome = Result::Class::unsent;
    else if (answer.accepted)
        result.outcome = Result::Class::sent;
    else if (answer.login_refused) // the password is wrong, not this mail: it is retried
        result.outcome = Result::Class::transient;
    else
        result.outcome = smtp_class(answer.code);
    return result;
}

class Smtp final : public Channel, public std::enable_shared_from_this<Smtp> {
public:
    using Channel::Channel;
    net::SmtpServer server;
    std::string from, domain;
    std::vector<std::string> to;
    std::optional<expr::Template> subject;

    std::string hint() const override { return "email"; }
    std::vector<std::string> targets() const override { return {join(to, ", ")}; }
    std::string masked(const std::string& target) const override {
        std::vector<std::string> out;
        for (const auto part : split(target, ','))
            out.push_back(masked_address(bare_address(std::string(trim(part)))));
        return join(out, ", ");
    }
    std::string payload(const Json& data, const Texts& texts, const std::string&) const override {
        Texts own = texts;
        if (subject)
            own.subject = *subject;
        return mail_payload(mail_parts(data, own, from, to, domain));
    }
    int at_once() const override { return static_cast<int>(server.connections); }
    std::unique_ptr<Transport> open() const override;
};

class SmtpTransport final : public Transport {
public:
    explicit SmtpTransport(const net::SmtpServer& server) : client_(server) {}
    std::vector<Result> send(std::span<const Delivery> deliveries) override {
        std::vector<net::Mail> mails;
        for (const Delivery& delivery : deliveries)
            mails.push_back(mail_of(delivery));
        std::vector<Result> results;
        for (const auto& answer : client_.send_all(mails))
            results.push_back(result_of(answer));
        return results;
    }

private:
    net::SmtpClient client_;
};

std::unique_ptr<Transport> Smtp::open() const {
    return std::make_unique<SmtpTransport>(server);
}

void read_login(Smtp& channel, config::Reader& reader) {
    channel.server.user = reader.text("username", "");
    channel.server.password = config::secret(reader, "password").value_or("");
    const std::string auth = reader.choice("auth", {"auto", "plain", "login", "cram-md5"}, "auto");
    if (auth != "auto") {
        channel.server.mechanism = auth;
        std::transform(auth.begin(), auth.end(), channel.server.mechanism.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    }
}

void check_address(const config::Value& at, const std::string& address) {
    const std::string bare = bare_address(address);
    if (bare.find('@') == std::string::npos || bare.find_first_of(" <>\r\n") != std::string::npos)
        at.fail("'" + printable(address, 100) + "' is not a valid mail address");
}

} // namespace

std::shared_ptr<const Channel> make_smtp(const std::string& name, config::Reader& reader,
                                         const ChannelContext& context) {
    auto channel = std::make_shared<Smtp>(name, "smtp");
    channel->domain = context.mail_domain;
    channel->server.host = reader.required("host").as_text();
    const std::string tls = reader.choice("tls", {"implicit", "starttls", "none"}, "implicit");
    channel->server.tls = tls == "none"       ? Tls::none
                          : tls == "starttls" ? Tls::starttls
                                              : Tls::implicit;
    if (tls == "none" && !is_loopback(channel->server.host))
        reader.value().fail("tls: none is allowed for this machine only, not for '" +
                                printable(channel->server.host, 100) + "'",
                            "Set tls: implicit (port 465) or starttls (port 587).");
    channel->server.port = static_cast<int>(reader.integer("port",
                                                           tls == "none"       ? 25
                                                           : tls == "starttls" ? 587
                                                                               : 465,
                                                           1, 65535));
    read_login(*channel, reader);
    channel->server.ca_file = reader.text("ca_file", "");
    channel->server.connections = static_cast<std::size_t>(reader.integer("connections", 4, 1, 16));
    channel->server.mails_per_connection =
        static_cast<std::size_t>(reader.integer("reuse", 100, 1, 100));
    channel->server.total_timeout = read_timeout(reader);
    channel->from = reader.required("from").as_text();
    check_address(reader.value(), channel->from);
    channel->to = reader.required("to").as_text_list();
    for (const auto& to : channel->to)
        check_address(reader.value(), to);
    if (channel->to.empty())
        reader.value().fail("to must name at least one address");
    if (reader.has("subject"))
        channel->subject = read_template(reader, "subject", "");
    return channel;
}

} // namespace harmonia::alert

#include "tests/db/alert/alerts.hpp"
#include "tests/db/alert/mail_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/proxy.hpp"

#include <sys/stat.h>

using namespace harmonia;
using namespace harmonia::test;

namespace {

std::vector<std::string> with_tls(const char* how, const Certificate& certificate) {
    return {"--tls", how, "--certificate", certificate.file(), certificate.key()};
}

std::string attempts(const Alerts& alerts) {
    return alerts.database().text("SELECT string_agg(class || coalesce(code, 0), ',' ORDER BY at)"
                                  " FROM screening.delivery_attempt");
}

std::string last_reply(const Alerts& alerts) {
    return alerts.database().text(
        "SELECT reply FROM screening.delivery_attempt ORDER BY at DESC LIMIT 1");
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

void hold_nothing(const Alerts& alerts) {
    CHECK(alerts.database().count(
              "SELECT count(*) FROM screening.delivery WHERE lease_owner IS NOT NULL") == 0);
}

/// Sends one alert over a failing channel, and retries over the same one until it is sent.
void sent_at_last(const Alerts& alerts) {
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().retry == 1);
    hold_nothing(alerts);
    alerts.age("2 min");
    CHECK(alerts.run().sum().sent == 1);
}

/// Accepts connections, says `words` to the first one, and reads nothing.
class Deaf {
public:
    explicit Deaf(const std::string& words = "") : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(::listen(socket_, 8) == 0);
        REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
        if (!words.empty())
            thread_ = std::jthread([this, words] {
                const int caller = ::accept(socket_, nullptr, nullptr);
                static_cast<void>(::send(caller, words.data(), words.size(), MSG_NOSIGNAL));
                ::close(caller);
            });
    }
    ~Deaf() {
        ::shutdown(socket_, SHUT_RDWR);
        thread_ = {};
        ::close(socket_);
    }
    Deaf(const Deaf&) = delete;
    Deaf& operator=(const Deaf&) = delete;
    [[nodiscard]] int port() const { return port_; }

private:
    int socket_, port_ = 0;
    std::jthread thread_;
};

} // namespace

TEST_CASE("mail goes over TLS from the first byte, or from STARTTLS on") {
    const Certificate certificate;
    for (const char* how : {"implicit", "starttls"}) {
        INFO(how);
        const MailServer server(with_tls(how, certificate));
        const Alerts alerts(MailServer::mail_channel(
            server.port(), std::string(", tls: ") + how + ", ca_file: " + certificate.file()));
        alerts.raise({declined(1, "a")});
        CHECK(alerts.run(true).sum().sent == 1);
        REQUIRE(server.mails().size() == 1);
        CHECK(server.mails()[0]["tls"] == true);
    }
}

TEST_CASE("a server whose certificate is untrusted or of another name gets no mail") {
    const Certificate certificate;
    for (const char* how : {"implicit", "starttls"}) {
        INFO(how);
        const MailServer server(with_tls(how, certificate));
        const Alerts alerts(MailServer::mail_channel(server.port(), std::string(", tls: ") + how));
        alerts.raise({declined(1, "a")});
        CHECK(alerts.run(true).sum().retry == 1);
        CHECK(server.mails().empty());
        CHECK(contains(last_reply(alerts), "certificate"));
        hold_nothing(alerts);
    }
    const MailServer server(with_tls("implicit", certificate));
    const Alerts alerts(
        "  channels: {mail: {host: 127.0.0.2, port: " + std::to_string(server.port()) +
        ", ca_file: " + certificate.file() + ", from: a@example.com, to: [b@example.com]}}\n");
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().retry == 1);
    CHECK(server.mails().empty());
}

TEST_CASE("a server without STARTTLS gets neither mail nor password") {
    const MailServer server({"--login", "alerts", "secret"});
    const Proxy proxy(server.port());
    const TempDir directory;
    const auto password = directory.write("password", "secret\n");
    ::chmod(password.c_str(), 0400);
    const Alerts alerts(MailServer::mail_channel(
        proxy.port(), ", tls: starttls, username: alerts, password_file: " + password));
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().retry == 1);
    CHECK(server.mails().empty());
    CHECK(proxy.bytes_to_server() < 60); // EHLO and QUIT at most
    CHECK(contains(last_reply(alerts), "STARTTLS"));
}

TEST_CASE("a login by each mechanism; a wrong password is retried and shown nowhere") {
    const MailServer server({"--login", "alerts", "the-right-word"});
    const TempDir directory;
    const auto with = [&](const std::string& name, const std::string& word,
                          const std::string& auth) {
        const auto file = directory.write(name, word + "\n");
        ::chmod(file.c_str(), 0400);
        return server.channel(", username: alerts, password_file: " + file + ", auth: " + auth);
    };
    for (const std::string auth : {"auto", "plain", "login", "cram-md5"}) {
        INFO(auth);
        const Alerts alerts(with("right-" + auth, "the-right-word", auth));
        alerts.raise({declined(1, "a")});
        CHECK(alerts.run(true).sum().sent == 1);
        const Alerts refused(with("wrong-" + auth, "the-wrong-word", auth));
        refused.raise({declined(1, "a")});
        CHECK(refused.run(true).sum().retry == 1);
        CHECK_FALSE(contains(last_reply(refused), "the-wrong-word"));
        CHECK_FALSE(last_reply(refused).empty());
    }
    CHECK(server.mails().size() == 4);
    for (const auto& mail : server.mails())
        CHECK(mail["user"] == "alerts");
}

TEST_CASE("a mail that is refused for now, at any point of the dialogue, is retried") {
    for (const std::string answer : {"mail:450", "mail:421", "rcpt:450", "421", "450", "451"}) {
        INFO(answer);
        const MailServer server({answer});
        const Alerts alerts(server.channel());
        sent_at_last(alerts);
        const std::string code = answer.substr(answer.size() - 3);
        CHECK(attempts(alerts) == "transient" + code + ",sent250");
    }
}

TEST_CASE("a server that greets with a refusal is tried again") {
    const Deaf busy("421 busy\r\n");
    const Alerts alerts(MailServer::mail_channel(busy.port(), ", tls: none"));
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().retry == 1);
    CHECK(attempts(alerts) == "transient421");
}

TEST_CASE("one of two recipients may be refused; if both are, a temporary refusal decides") {
    const MailServer server({"rcpt:550", "250", "rcpt:450", "rcpt:550"});
    const Alerts alerts(
        "  channels: {mail: {host: 127.0.0.1, tls: none, port: " + std::to_string(server.port()) +
        ", from: a@example.com, to: [b@example.com, c@example.com]}}\n"
        "  route: {group_by: [card]}\n");
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK(server.mails().at(0)["to"] == std::vector<std::string>{"c@example.com"});
    alerts.raise({declined(2, "a", "critical", "other")});
    CHECK(alerts.run(true).sum().retry == 1);
    CHECK(attempts(alerts) == "sent250,transient450");
}

TEST_CASE("a mail that is refused permanently is dead at once, wherever it is refused") {
    for (const std::string answer : {"mail:550", "rcpt:550", "550", "554"}) {
        INFO(answer);
        const MailServer server({answer});
        const Alerts alerts(server.channel());
        alerts.raise({declined(1, "a"), declined(2, "b")});
        CHECK(alerts.run(true).sum().dead == 1);
        hold_nothing(alerts);
        CHECK(attempts(alerts) == "permanent" + answer.substr(answer.size() - 3));
    }
}

TEST_CASE("a server that hangs up in the middle gets the same mail again") {
    for (const std::string answer : {"lose", "cut"}) {
        INFO(answer);
        const MailServer server({answer});
        const Alerts alerts(server.channel());
        sent_at_last(alerts);
        const auto mails = server.mails();
        REQUIRE(mails.size() == 2);
        CHECK(mails[0]["mail"] == mails[1]["mail"]);
        CHECK_FALSE(header(mails[1], "Message-ID").empty());
        CHECK(header(mails[0], "Message-ID") == header(mails[1], "Message-ID"));
    }
}

TEST_CASE("a 250 that never arrives: the mail is sent again under the same Message-ID") {
    const MailServer server({});
    Proxy proxy(server.port());
    proxy.swallow_answers_after("\r\n.\r\n", 200);
    const Alerts alerts(MailServer::mail_channel(proxy.port(), ", tls: none"));
    sent_at_last(alerts);
    CHECK(proxy.swallowed());
    const auto mails = server.mails();
    REQUIRE(mails.size() == 2);
    CHECK(mails[0]["answer"] == "250");
    CHECK(mails[0]["mail"] == mails[1]["mail"]);
    CHECK_FALSE(header(mails[0], "X-Harmonia-Idempotency-Key").empty());
}

TEST_CASE("a server that falls silent holds a mail no longer than its timeout") {
    const MailServer server({"hang"});
    const Alerts alerts(server.channel(", timeout: 400ms"));
    sent_at_last(alerts);
    CHECK(attempts(alerts) == "transient0,sent250");
    CHECK(server.mails().size() == 2);

    CHECK(alerts.database().count("SELECT count(*) FROM screening.delivery_attempt"
                                  " WHERE at > (SELECT created_at + interval '60 s'"
                                  " FROM screening.delivery)") == 0);
    const Deaf deaf;
    const Alerts unheard(MailServer::mail_channel(deaf.port(), ", tls: none, timeout: 400ms"));
    unheard.raise({declined(1, "a")});
    CHECK(unheard.run(true).sum().retry == 1);
    CHECK(contains(last_reply(unheard), "timed out"));
    hold_nothing(unheard);
}

TEST_CASE("a connection that the server closed between two mails is reopened") {
    const MailServer server({});
    Proxy proxy(server.port());
    const Alerts alerts(MailServer::mail_channel(proxy.port(), ", tls: none, connections: 1") +
                        "  route: {group_by: [card]}\n");
    const auto connection = db::connect(alerts.database().settings());
    const auto options = alerts.options();
    alert::Sender sender(options.settings, options.settings.channels.at("mail"), "test");
    for (int i = 0; i < 3; ++i) {
        alerts.raise({declined(i, "m", "critical", "card" + std::to_string(i))});
        alerts.notify();
        CHECK(sender.drain(*connection).sent == 1);
        proxy.cut();
    }
    CHECK(server.mails().size() == 3);
    CHECK(proxy.accepted() == 3);
}

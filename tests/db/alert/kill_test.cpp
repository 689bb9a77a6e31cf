#include "tests/db/alert/alerts.hpp"
#include "tests/db/alert/mail_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/http_server.hpp"

#include <signal.h>

using namespace harmonia;
using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

/// One type of channel, and the keys that its receiver got, one for each message.
class Receiver {
public:
    explicit Receiver(std::string type)
        : type_(std::move(type)), script_(directory_.write("mailer", "#!/bin/sh\n"
                                                                     "cat >>\"$0.mails\"\n")) {
        static_cast<void>(directory_.write("log", ""));
        static_cast<void>(directory_.write("mailer.mails", ""));
        if (type_ == "smtp")
            mail_ = std::make_unique<MailServer>(std::vector<std::string>{});
        static_cast<void>(test::run({{"/bin/chmod", "700", script_}, {}, "", 0}));
    }
    [[nodiscard]] std::string channel() const {
        const std::map<std::string, std::string> own{
            {"webhook", "url: \"" + http_.url() + "\""},
            {"sms", "to: [\"+4917012345678\"], url: \"" + http_.url() + "\""},
            {"ntfy", "topic: fraud, url: \"" + http_.url() + "\""},
            {"queue", "exchange: e, routing_key: r"},
            {"file", "path: " + log()},
            {"command", "command: [" + script_ + "], from: a@example.com, to: [b@example.com]"}};
        return type_ == "smtp" ? mail_->channel()
                               : "  channels: {c: {type: " + type_ + ", " + own.at(type_) + "}}\n";
    }
    [[nodiscard]] std::vector<std::string> keys(const Alerts& alerts) const {
        std::vector<std::string> out;
        if (type_ == "smtp")
            for (const auto& mail : mail_->mails())
                out.push_back(header(mail, "X-Harmonia-Idempotency-Key"));
        for (const auto& request : http_.requests())
            out.push_back(request.headers.at("idempotency-key"));
        std::istringstream lines(file_text(log()) + file_text(script_ + ".mails"));
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("{"))
                out.push_back(Json::parse(line).at("idempotency_key").get<std::string>());
            else if (line.starts_with("X-Harmonia-Idempotency-Key: "))
                out.push_back(line);
        const auto rows = alerts.database().text(
            "SELECT string_agg(properties->>'message_id', ' ') FROM ops.outbox");
        std::istringstream words(rows);
        for (std::string word; words >> word;)
            out.push_back(word);
        return out;
    }

private:
    [[nodiscard]] std::string log() const { return directory_.path() + "/log"; }
    std::string type_;
    TempDir directory_;
    std::string script_;
    HttpServer http_;
    std::unique_ptr<MailServer> mail_;
};

void all_done(const Alerts& alerts) {
    CHECK(alerts.database().count("SELECT count(*) FROM screening.delivery"
                                  " WHERE final = 'sent' AND lease_owner IS NULL") == 1);
    CHECK(alerts.database().text("SELECT string_agg(class, ',' ORDER BY at)"
                                 " FROM screening.delivery_attempt") == "lost,sent");
    alerts.age("10 min");
    CHECK(alerts.run().sum().sent == 0);
}

} // namespace

TEST_CASE("killed after any channel sent and before that is recorded: sent again under one key") {
    for (const std::string type : {"smtp", "webhook", "sms", "ntfy", "queue", "file", "command"}) {
        INFO(type);
        const TempDir directory;
        const Receiver receiver(type);
        const Alerts alerts(receiver.channel());
        alerts.raise({declined(1, "a")});
        alerts.notify();
        CHECK(alerts.run_child(directory, "alert_sent_commit:before kill").exit == 128 + 9);
        const std::size_t first = receiver.keys(alerts).size();
        CHECK(first == (type == "queue" ? 0 : 1)); // a row of the outbox comes with the commit
        CHECK(alerts.run().sum().sent == 0);       // its lease holds
        CHECK(receiver.keys(alerts).size() == first);
        alerts.age("91 s");
        CHECK(alerts.run().sum().sent == 1);
        const auto keys = receiver.keys(alerts);
        REQUIRE(keys.size() == first + 1);
        CHECK(keys.front() == keys.back());
        all_done(alerts);
    }
}

TEST_CASE("killed while a server is silent: another worker sends it when the lease ends") {
    const TempDir directory;
    const MailServer mail({"hang"});
    HttpServer http;
    http.answer_next({.hang_ms = 30'000});
    for (const bool by_mail : {true, false}) {
        INFO(by_mail);
        const Alerts alerts(by_mail ? mail.channel()
                                    : "  channels: {h: {type: webhook, url: \"" + http.url() +
                                          "\"}}\n");
        alerts.raise({declined(1, "a")});
        alerts.notify();
        {
            const Running worker(alerts.child(directory, ""));
            wait_until([&] { return !(by_mail ? mail.mails().empty() : http.requests().empty()); },
                       "the server received it");
        } // kill -9
        CHECK(alerts.run().sum().sent == 0);
        alerts.age("91 s");
        CHECK(alerts.run().sum().sent == 1);
        all_done(alerts);
    }
    REQUIRE(mail.mails().size() == 2);
    CHECK(mail.mails()[0]["mail"] == mail.mails()[1]["mail"]);
    CHECK(http.requests().size() == 2);
}

#include "tests/db/alert/told.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <set>
#include <sstream>
#include <thread>

using namespace harmonia;
using namespace harmonia::test;
using nlohmann::json;

namespace {

/// smtp_server.py: a mail server of Debian's packages (aiosmtpd) that answers as told.
class MailServer {
public:
    explicit MailServer(const std::vector<std::string>& answers) : running_(launch(answers)) {
        constexpr int k_polls_max = 600; // half a minute
        for (int polls = 0; slurp(port_file()).find('\n') == std::string::npos; ++polls) {
            if (polls > k_polls_max)
                throw std::runtime_error("the mail server does not start: python3-aiosmtpd?");
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    [[nodiscard]] std::string channel(const std::string& more = "") const {
        return "  channels: {mail: {host: 127.0.0.1, tls: none, port: " +
               std::to_string(std::stoi(slurp(port_file()))) +
               ", from: alerts@example.com, to: [ops@example.com]" + more + "}}\n";
    }
    [[nodiscard]] std::vector<json> mails() const {
        std::vector<json> out;
        std::istringstream lines(slurp(directory_.path() + "/mails"));
        for (std::string line; std::getline(lines, line);)
            out.push_back(json::parse(line));
        return out;
    }

private:
    [[nodiscard]] std::string port_file() const { return directory_.path() + "/port"; }
    [[nodiscard]] Launch launch(const std::vector<std::string>& answers) const {
        static_cast<void>(directory_.write("port", ""));
        static_cast<void>(directory_.write("mails", ""));
        std::vector<std::string> command{"/usr/bin/python3",
                                         (source_root() / "tests/db/alert/smtp_server.py").string(),
                                         port_file(), directory_.path() + "/mails"};
        command.insert(command.end(), answers.begin(), answers.end());
        return {command, {}, "", 0};
    }
    TempDir directory_;
    Running running_;
};

std::string header(const json& mail, const std::string& name) {
    const std::string text = mail.at("mail");
    const auto at = text.find(name + ": ");
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

} // namespace

TEST_CASE("O-54 451, 451, then 250: three attempts, one mail, always the same") {
    const MailServer server({"451", "451"});
    const Alerts alerts(server.channel());
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().again == 1);
    const auto wait = [&] {
        return alerts.database().count("SELECT extract(epoch FROM retry_at - now())::int"
                                       " FROM screening.delivery");
    };
    CHECK(wait() >= 12);
    CHECK(wait() <= 17);
    alerts.age("17 s");
    CHECK(alerts.run().sum().again == 1);
    CHECK(wait() >= 25);
    CHECK(wait() <= 33);
    alerts.age("34 s");
    CHECK(alerts.run().sum().sent == 1);
    const auto mails = server.mails();
    REQUIRE(mails.size() == 3);
    CHECK(mails[2]["answer"] == "250");
    CHECK_FALSE(header(mails[0], "Message-ID").empty());
    CHECK(mails[0]["mail"] == mails[1]["mail"]);
    CHECK(mails[0]["mail"] == mails[2]["mail"]);
    CHECK(header(mails[0], "Subject").find("declined t1") != std::string::npos);
    CHECK(alerts.database().text("SELECT string_agg(class || code, ',' ORDER BY at)"
                                 " FROM screening.delivery_attempt") ==
          "transient451,transient451,sent250");
}

TEST_CASE("O-56 a mail refused with 550 is dead at once") {
    const MailServer server({"550"});
    const Alerts alerts(server.channel());
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().dead == 1);
}

TEST_CASE("many mails go through few connections") {
    const MailServer server({});
    const Alerts alerts(server.channel(", connections: 4") + "  route: {group_by: [card]}\n");
    std::vector<observe::AlertEvent> events;
    for (int i = 0; i < 60; ++i)
        events.push_back(declined(i, "m", "critical", "card" + std::to_string(i)));
    alerts.raise(events);
    CHECK(alerts.run(true).sum().sent == 60);
    std::set<int> connections;
    for (const auto& mail : server.mails())
        connections.insert(mail.at("peer").get<int>());
    CHECK(server.mails().size() == 60);
    CHECK(connections.size() <= 4);
}

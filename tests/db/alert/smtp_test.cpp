#include "tests/db/alert/alerts.hpp"
#include "tests/db/alert/mail_server.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace harmonia;
using namespace harmonia::test;

TEST_CASE("O-54 451, 451, then 250: three attempts, one mail, always the same") {
    const MailServer server({"451", "451"});
    const Alerts alerts(server.channel());
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().retry == 1);
    const auto wait = [&] {
        return alerts.database().count("SELECT extract(epoch FROM retry_at - now())::int"
                                       " FROM screening.delivery");
    };
    CHECK(wait() >= 12);
    CHECK(wait() <= 17);
    alerts.age("17 s");
    CHECK(alerts.run().sum().retry == 1);
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

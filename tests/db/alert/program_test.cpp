#include "tests/db/alert/alerts.hpp"
#include "tests/db/alert/mail_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"

#include <signal.h>
#include <sys/stat.h>

#include <filesystem>

using namespace harmonia;
using namespace harmonia::test;
namespace fs = std::filesystem;

namespace {

/// A channel whose mail program is a script.
struct Script {
    TempDir directory;
    std::string path;
    explicit Script(const std::string& text)
        : path(directory.write("mailer", "#!/bin/sh\n" + text + "\n")) {
        ::chmod(path.c_str(), 0700);
    }
    [[nodiscard]] std::string channel(const std::string& more = "") const {
        return "  channels: {mail: {type: command, command: [" + path +
               ", \"$(touch injected)\", \"; touch injected\"], from: a@example.com, to: "
               "[b@example.com]" +
               more + "}}\n";
    }
    [[nodiscard]] std::string file(const std::string& name) const {
        return directory.path() + "/" + name;
    }
};

std::string attempts(const Alerts& alerts) {
    return alerts.database().text("SELECT string_agg(class || coalesce(code, 0), ',' ORDER BY at)"
                                  " FROM screening.delivery_attempt");
}

std::string reply(const Alerts& alerts) {
    return alerts.database().text("SELECT reply FROM screening.delivery_attempt");
}

} // namespace

TEST_CASE("a mail program's exit status is the outcome of the mail") {
    for (const auto& [exit, expected] : std::map<int, std::string>{{0, "sent0"},
                                                                   {1, "permanent1"},
                                                                   {67, "permanent67"},
                                                                   {68, "transient68"},
                                                                   {71, "transient71"},
                                                                   {74, "transient74"},
                                                                   {75, "transient75"}}) {
        const Script script("cat >/dev/null; exit " + std::to_string(exit));
        const Alerts alerts(script.channel());
        alerts.raise({declined(1, "a")});
        static_cast<void>(alerts.run(true));
        CHECK(attempts(alerts) == expected);
    }
    const Alerts nobody("  channels: {mail: {type: command, command: [/nonexistent/mailer], "
                        "from: a@example.com, to: [b@example.com]}}\n");
    nobody.raise({declined(1, "a")});
    CHECK(nobody.run(true).sum().dead == 1);
    CHECK(reply(nobody) == "No such file or directory");
}

TEST_CASE("a mail program gets the whole mail and its arguments as they are written") {
    const Script script("cd \"$(dirname \"$0\")\"; cat >mail; printf '%s\\n' \"$@\" >arguments");
    const Alerts alerts(script.channel());
    auto event = declined(1, "a");
    event.summary = "$(touch injected) `touch injected` ; touch injected";
    alerts.raise({event});
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK(file_text(script.file("arguments")) == "$(touch injected)\n; touch injected\n");
    CHECK_FALSE(fs::exists(script.file("injected")));
    CHECK_FALSE(fs::exists("injected"));
    const std::string mail = file_text(script.file("mail"));
    CHECK(mail.find("Message-ID: <") != std::string::npos);
    CHECK(mail.find("`touch injected`") != std::string::npos);
    CHECK(mail.ends_with("\r\n"));
}

TEST_CASE("a mail program that hangs is killed with all it started, however it hangs") {
    for (const std::string how :
         {"sleep 600 & echo $! >\"$0.pid\"; cat; wait",                  // reads and writes
          "sleep 600 & echo $! >\"$0.pid\"; exec <&- >&- 2>&-; wait"}) { // its outputs closed
        const Script script(how);
        const Alerts alerts(script.channel(", timeout: 700ms"));
        alerts.raise({declined(1, "a")});
        CHECK(alerts.run(true).sum().retry == 1);
        CHECK(attempts(alerts) == "transient137");
        CHECK(reply(alerts) == "timed out");
        const auto sleeper = static_cast<pid_t>(std::stoi(file_text(script.path + ".pid")));
        const auto gone = [&] {
            const std::string status = file_text("/proc/" + std::to_string(sleeper) + "/stat");
            return ::kill(sleeper, 0) != 0 || status.find(") Z ") != std::string::npos;
        };
        wait_until(gone, "the program's child is killed too");
    }
}

TEST_CASE("a mail program that leaves another running counts as ended") {
    const Script script("cat >/dev/null; sleep 20 & echo queued");
    const Alerts alerts(script.channel());
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK(reply(alerts).starts_with("queued"));
    CHECK(alerts.database().count("SELECT count(*) FROM screening.delivery_attempt"
                                  " WHERE duration_ms < 15000") == 1);
}

TEST_CASE(
    "a mail program's output is kept in part; one that does not read its input does no harm") {
    const Script flood("head -c 3000000 /dev/zero | tr '\\0' x; exit 0");
    const Alerts alerts(flood.channel());
    alerts.raise({declined(1, "a")});
    CHECK(alerts.run(true).sum().sent == 1);
    CHECK(reply(alerts).size() >= 900);
    CHECK(reply(alerts).size() <= 1024);

    const Script deaf("exit 0");
    auto event = declined(2, "a");
    event.summary = "long";
    const Alerts unread(
        deaf.channel() +
        "  templates: {default: {text: \"{{#each alerts}}{{ details.fill }}{{/each}}"
        "\"}}\n");
    event.details = R"({"fill":")" + std::string(60'000, 'f') + R"("})";
    std::vector<observe::AlertEvent> events{event, event, event};
    for (int i = 0; i < 3; ++i)
        events[static_cast<std::size_t>(i)].verdict->transaction_id = "t" + std::to_string(i);
    unread.raise(events); // more than a pipe holds
    CHECK(unread.run(true).sum().sent == 1);
}

TEST_CASE("a file that may not grow: written later, and readers see no torn line") {
    const TempDir directory;
    const auto path = directory.path() + "/log";
    const Alerts alerts("  channels: {log: {type: file, path: " + path +
                        "}}\n  route: {group_by: [card]}\n");
    std::vector<observe::AlertEvent> events;
    for (int i = 0; i < 4; ++i)
        events.push_back(declined(i, "m", "critical", "card" + std::to_string(i)));
    alerts.raise(events);
    alerts.notify();
    auto child = alerts.child(directory, "");
    child.file_bytes_max = 1500; // one line and a half
    CHECK(test::run(child).exit == 0);
    CHECK(fs::file_size(path) == 1500);
    CHECK(attempts(alerts).find("transient") != std::string::npos);
    CHECK(alerts.database().count(
              "SELECT count(*) FROM screening.delivery WHERE lease_owner IS NOT NULL") == 0);
    alerts.age("2 min");
    CHECK(alerts.run().sum().retry == 0);
    CHECK(alerts.database().count("SELECT count(*) FROM screening.delivery WHERE final = 'sent'") ==
          4);
    std::set<std::string> keys;
    int torn = 0;
    std::istringstream lines(file_text(path));
    for (std::string line; std::getline(lines, line);) {
        const auto parsed = nlohmann::json::parse(line, nullptr, false);
        torn += parsed.is_discarded() ? 1 : 0;
        if (!parsed.is_discarded())
            keys.insert(parsed.at("idempotency_key").get<std::string>());
    }
    CHECK(keys.size() == 4);
    CHECK(torn == 1);
}

TEST_CASE("a full disk and a missing folder are transient failures") {
    for (const std::string path : {"/dev/full", "/nonexistent/log"}) {
        const Alerts alerts("  channels: {log: {type: file, path: " + path + "}}\n");
        alerts.raise({declined(1, "a")});
        CHECK(alerts.run(true).sum().retry == 1);
        CHECK(reply(alerts) ==
              (path == "/dev/full" ? "No space left on device" : "No such file or directory"));
    }
}

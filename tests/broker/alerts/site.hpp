// An installation that takes alerts in from queues and sends them out: a database, the key K, the
// program, and the queues of alerts in this program's virtual host, empty.
#pragma once

#include "core/observe/alert_event.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace harmonia::test {

class Site {
public:
    /// `yaml`: further sections of the configuration.
    explicit Site(const std::string& yaml = {}) {
        const std::string base = directory_.path();
        std::filesystem::create_directories(base + "/failpoints");
        std::string key;
        for (char byte = 0; byte < 32; ++byte)
            key += byte;
        ::chmod(directory_.write("card.key", key).c_str(), 0400);
        write(yaml);
        forget_topology();
    }
    void write(const std::string& yaml) const {
        (void)directory_.write(
            "config.yaml",
            fmt::format("import: {{base: {0}, archive: {0}, rejected: {0}, spool: {0}}}\n"
                        "cards: {{card_key_file: {0}/card.key}}\n{1}",
                        directory_.path(), yaml));
    }
    static void forget_topology() {
        broker::Session session(BrokerHost::instance().settings());
        for (const char* queue : {"harmonia.alerts.deliver", "harmonia.alerts.dead",
                                  "harmonia.alerts.unrouted", "dummy_alerts_queue"})
            session.delete_queue(queue);
        for (const char* exchange : {"harmonia.alerts", "harmonia.alerts.unrouted",
                                     "harmonia.alerts.dlx", "dummy-exchange"})
            session.delete_exchange(exchange);
    }

    [[nodiscard]] Launch launch(const std::vector<std::string>& arguments,
                                const std::string& rule = {}) const {
        Launch launch;
        launch.command = {program("harmonia"), "--config", directory_.path() + "/config.yaml",
                          "--json"};
        launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
        launch.environment["HARMONIA_DATABASE_DSN"] = database_.dsn();
        launch.environment["HARMONIA_BROKER_URL"] = BrokerHost::instance().settings().url;
        if (!rule.empty())
            launch.environment["HARMONIA_FAILPOINT_FILE"] =
                directory_.write("failpoints/rules", rule + "\n");
        return launch;
    }
    [[nodiscard]] Finished harmonia(const std::vector<std::string>& arguments,
                                    const std::string& rule = {}) const {
        return run(launch(arguments, rule));
    }
    std::string must(const std::vector<std::string>& arguments, int exit = 0) const {
        const Finished finished = harmonia(arguments);
        INFO(arguments.front() << ": " << finished.out << finished.err);
        REQUIRE(finished.exit == exit);
        return finished.out;
    }
    /// `new`, `duplicate` … of an import.
    static long long counted(const std::string& out, const char* name) {
        return nlohmann::json::parse(out).at("counts").at(name).get<long long>();
    }

    /// Publishes and waits for the confirms.
    static void put(const std::string& exchange, const std::string& routing_key,
                    const std::vector<std::string>& bodies) {
        broker::Publisher publisher(BrokerHost::instance().settings());
        std::uint64_t token = 0;
        for (const std::string& body : bodies) {
            broker::Message message = message_to(routing_key, body);
            message.exchange = exchange;
            publisher.publish(message, ++token);
        }
        while (publisher.outstanding() > 0)
            for (const auto& outcome :
                 publisher.take(Failpoint::export_outbox_confirm, std::chrono::seconds(1)))
                REQUIRE(outcome.state == broker::Outcome::State::confirmed);
    }
    static std::vector<broker::Delivery> take_all(const std::string& queue) {
        broker::Session session(BrokerHost::instance().settings());
        std::vector<broker::Delivery> out;
        while (auto delivery = session.get(queue))
            out.push_back(std::move(*delivery));
        return out;
    }
    [[nodiscard]] const TempDatabase& database() const { return database_; }
    [[nodiscard]] const TempDir& directory() const { return directory_; }
    [[nodiscard]] long long alerts() const {
        return database_.count("SELECT count(*) FROM screening.alert");
    }

private:
    TempDatabase database_;
    TempDir directory_;
};

/// A body in version 1; each number is a different alert.
inline std::string event_body(int number, const std::string& summary = "declined") {
    observe::AlertEvent event;
    event.kind = "fraud.verdict";
    event.severity = "critical";
    event.at_us = 1'772'619'000'000'000;
    event.labels = {{"card", "0622241201382a45"}, {"outcome", "declined"}};
    event.summary = summary;
    event.verdict = {"shop", "AUTH", "t" + std::to_string(number), "cards", 1};
    return observe::alert_json(event);
}

/// A body in the original's form; `transaction` is its id.
inline std::string legacy_body(long long transaction, const std::string& card = "4111111111111111",
                               const std::string& types = R"(["sms","email"])") {
    return fmt::format(
        R"({{"message":{{"alertTypes":{},"message":{{"Transaction":{{"transactionID":{},)"
        R"("userID":1527000000123,"order":{{"id":1,"name":"order_1","cost":123.00,)"
        R"("currency":"INR"}},"paymentMethod":"amazonpay","payment":{{"card":{},"type":"wallet",)"
        R"("amount":123.00,"currency":"INR"}},"status":{{"code":13}},"fraudStatus":true,)"
        R"("transactionStartTime":1527000000123,"transactionEndTime":1527000000456}}}}}}}})",
        types, transaction, card);
}

} // namespace harmonia::test

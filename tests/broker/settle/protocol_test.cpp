// The accounting authority as its peers see it: through the broker and back.
#include "core/smp/realm.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <map>

using namespace harmonia;
using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

constexpr const char* k_now = "2026-01-05T10:00:00+00:00";

/// An accounting authority on a virtual host, and a peer that receives everything it publishes.
class Peer {
public:
    Peer() : session_(BrokerHost::instance().settings()) {
        std::filesystem::create_directories(directory_.path() + "/failpoints");
        run_must({"configure"});
        session_.declare(
            {{}, {{.name = "peer"}}, {{"peer", "to_creditors", "#"}, {"peer", "to_debtors", "#"}}});
        session_.purge("peer");
        session_.purge("swpt_accounts");
        session_.purge("swpt_accounts.XQ");
    }

    Finished harmonia(std::vector<std::string> arguments, const std::string& rule = {},
                      const std::map<std::string, std::string>& variables = {}) const {
        Launch launch;
        launch.command = {program("harmonia"), "--json"};
        launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
        launch.environment = {{"HARMONIA_DATABASE_DSN", database_.dsn()},
                              {"HARMONIA_BROKER_URL", BrokerHost::instance().url()},
                              {"HARMONIA_ACCOUNTS_LOCAL_CHANGES", "broker"},
                              {"HARMONIA_ACCOUNTS_WORKERS", "1"}};
        launch.environment.insert(variables.begin(), variables.end());
        if (!rule.empty()) {
            const std::string file = directory_.path() + "/failpoints/rule";
            std::ofstream(file) << rule << "\n";
            launch.environment["HARMONIA_FAILPOINT_FILE"] = file;
        }
        return run(launch);
    }
    void run_must(const std::vector<std::string>& arguments, int exit = 0) const {
        const Finished done = harmonia(arguments);
        INFO(done.out << done.err);
        REQUIRE(done.exit == exit);
    }
    /// Imports, settles, exports.
    void turn(int import_exit = 0) const {
        run_must({"import", "smp-accounts"}, import_exit);
        run_must({"settle", "accounts"});
        run_must({"export"});
    }

    void send(const Json& body, const std::string& type, const std::string& content_type,
              const std::string& raw = {}) const {
        broker::Publisher publisher(BrokerHost::instance().settings());
        broker::Message message;
        message.exchange = "accounts_in";
        message.routing_key = smp::binary_key({body.value("debtor_id", 0LL), //
                                               body.value("creditor_id", 0LL)});
        message.properties.content_type = content_type;
        message.properties.type = type;
        message.properties.delivery_mode = std::uint8_t{2};
        message.body = raw.empty() ? body.dump() : raw;
        publisher.publish(std::move(message), 1);
        while (publisher.outstanding() > 0)
            for (const auto& outcome :
                 publisher.take(Failpoint::export_outbox_confirm, std::chrono::seconds(1)))
                REQUIRE(outcome.state == broker::Outcome::State::confirmed);
    }
    void send(const Json& body) const {
        send(body, body.at("type").get<std::string>(), "application/json");
    }

    /// All messages received, by type.
    std::multimap<std::string, broker::Delivery> heard() {
        std::multimap<std::string, broker::Delivery> all;
        while (auto delivery = session_.get("peer"))
            all.emplace(delivery->properties.type.value_or(""), std::move(*delivery));
        return all;
    }
    std::uint64_t ready(const std::string& queue) { return session_.ready_count(queue).value(); }
    [[nodiscard]] const TempDatabase& database() const { return database_; }

private:
    TempDatabase database_;
    TempDir directory_;
    broker::Session session_;
};

Json configure(long long creditor, double negligible = 0) {
    return {{"type", "ConfigureAccount"},
            {"debtor_id", 2000},
            {"creditor_id", creditor},
            {"ts", k_now},
            {"seqnum", 1},
            {"config_flags", 0},
            {"config_data", ""},
            {"negligible_amount", negligible}};
}

constexpr long long k_alice = 0x0000020000000001;

} // namespace

TEST_CASE("money is issued over the broker, and each message says what the protocol says") {
    Peer peer;
    Json root = configure(0, 1e30), alice = configure(k_alice);
    // Old configurations create no accounts; these are of now.
    const std::string now = peer.database().text(
        "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '+00:00'");
    root["ts"] = alice["ts"] = now;
    peer.send(root);
    peer.send(alice);
    peer.turn();
    CHECK(peer.heard().count("AccountUpdate") == 2);

    peer.send({{"type", "PrepareTransfer"},
               {"debtor_id", 2000},
               {"creditor_id", 0},
               {"coordinator_type", "issuing"},
               {"coordinator_id", 2000},
               {"coordinator_request_id", 5},
               {"min_locked_amount", 100},
               {"max_locked_amount", 100},
               {"recipient", std::to_string(k_alice)},
               {"final_interest_rate_ts", "9999-12-31T23:59:59+00:00"},
               {"max_commit_delay", 1000000},
               {"ts", now}});
    peer.turn();
    const auto prepared = peer.heard();
    REQUIRE(prepared.count("PreparedTransfer") == 1);
    const auto& message = prepared.find("PreparedTransfer")->second;
    CHECK(message.exchange == "to_coordinators");
    CHECK(message.routing_key == "00.00.00.00.00.00.07.d0");
    CHECK(message.properties.content_type == "application/json");
    CHECK(message.properties.app_id == "swpt_accounts");
    CHECK(message.properties.delivery_mode == 2);
    CHECK_FALSE(message.properties.message_id);
    const Json headers = Json::parse(message.headers);
    CHECK(headers == Json({{"message-type", "PreparedTransfer"},
                           {"debtor-id", 2000},
                           {"creditor-id", 0},
                           {"coordinator-id", 2000},
                           {"coordinator-type", "issuing"}}));
    const long long transfer = Json::parse(message.body).at("transfer_id");

    peer.send({{"type", "FinalizeTransfer"},
               {"debtor_id", 2000},
               {"creditor_id", 0},
               {"coordinator_type", "issuing"},
               {"coordinator_id", 2000},
               {"coordinator_request_id", 5},
               {"transfer_id", transfer},
               {"committed_amount", 100},
               {"transfer_note", "hello"},
               {"transfer_note_format", ""},
               {"ts", now}});
    peer.turn();
    CHECK(peer.heard().count("FinalizedTransfer") == 1);
    CHECK(peer.ready("swpt_accounts") == 1); // the balance change of the other side
    CHECK(peer.database().text("SELECT sum(principal)::text FROM accounts.account") == "-100");
    peer.turn();
    const auto arrived = peer.heard();
    REQUIRE(arrived.count("AccountTransfer") == 1);
    CHECK(Json::parse(arrived.find("AccountTransfer")->second.body).at("acquired_amount") == 100);
    CHECK(peer.database().text("SELECT sum(principal)::text FROM accounts.account") == "0");
    peer.run_must({"audit", "accounts"});
}

TEST_CASE(
    "A-22 A-23 poison messages are stored, rejected to the dead-letter queue, and block nothing") {
    Peer peer;
    const Json good = configure(k_alice);
    peer.send(good, "ConfigureAccount", "text/plain");
    peer.send(good, "Nonsense", "application/json");
    peer.send(good, "ConfigureAccount", "application/json", "body");
    peer.send(good, "ConfigureAccount", "application/json", "{}");
    peer.send(good, "configureAccount", "application/json");
    peer.send(good, "ConfigureAccount", "application/json",
              R"({"type":"ConfigureAccount","config_data":"\ud800"})");
    peer.send(good);
    const bool killed = GENERATE(false, true);
    if (killed) // between the commit of the dead letters and their rejection
        CHECK(peer.harmonia({"import", "smp-accounts"}, "import_queue_reject:before@3 kill").exit ==
              128 + 9);
    peer.run_must({"import", "smp-accounts"}, 3);
    CHECK(peer.database().count("SELECT count(*) FROM ops.dead_letter") == 6);
    CHECK(peer.ready("swpt_accounts") == 0);
    CHECK(peer.ready("swpt_accounts.XQ") == 6);
    CHECK(peer.database().count("SELECT count(*) FROM accounts.configure_request") >= 1);
}

TEST_CASE("unsubscribe removes the binding and the queue of chores, not the requests") {
    Peer peer;
    peer.send(configure(k_alice));
    peer.run_must({"settle", "unsubscribe"});
    broker::Session session(BrokerHost::instance().settings());
    CHECK(session.ready_count("swpt_accounts") == 1);
    CHECK_FALSE(session.ready_count("swpt_accounts_chores"));
    peer.run_must({"settle", "unsubscribe"});
    peer.run_must({"settle", "subscribe"});
    peer.run_must({"configure"});
    CHECK(session.ready_count("swpt_accounts_chores") == 0);
}

TEST_CASE("the original's variables name the queues") {
    const Peer peer;
    broker::Session session(BrokerHost::instance().settings());
    const std::map<std::string, std::string> variables{{"PROTOCOL_BROKER_QUEUE", "elsewhere"},
                                                       {"CHORES_BROKER_QUEUE", "elsewhere_chores"}};
    CHECK(peer.harmonia({"settle", "subscribe"}, {}, variables).exit == 0);
    CHECK(session.ready_count("elsewhere") == 0);
    CHECK(peer.harmonia({"import", "smp-accounts"}, {}, variables).exit == 0);
    CHECK(peer.harmonia({"configure"}, {}, variables).exit == 0);
    CHECK_FALSE(session.ready_count("elsewhere_chores"));
    CHECK(peer.harmonia({"--role", "accounts", "configure"}, {}, variables).exit == 0);
    CHECK(session.ready_count("elsewhere_chores") == 0);
    session.delete_queue("elsewhere");
    session.delete_queue("elsewhere_chores");
    CHECK(peer.harmonia({"--role", "accounts", "import", "smp-accounts"}, {}, variables).exit ==
          78);
}

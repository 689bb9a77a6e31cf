#include "tests/e2e/settle/ring.hpp"

#include "core/base/text.hpp"
#include "core/smp/realm.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/wait.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

namespace harmonia::test {

using Json = nlohmann::json;

namespace {

constexpr std::int64_t k_debtor = 2000, k_first = 0x0000020000000001;
constexpr std::int64_t k_accounts = 30, k_issued = 100'000;
constexpr int k_pause_ms = 8000; // at the place; a busy machine takes 2 s to kill a server
constexpr int k_turns_max = 12;  // a payment needs five

const std::vector<std::vector<std::string>> k_turn{
    {"import", "smp-accounts"}, {"settle", "accounts"}, {"export"}};

} // namespace

Ring::Ring() {
    std::filesystem::create_directories(directory_.path() + "/failpoints");
    must({"configure"});
    broker::Session session(BrokerHost::instance().settings());
    session.declare(
        {{}, {{.name = "peer"}}, {{"peer", "to_creditors", "#"}, {"peer", "to_debtors", "#"}}});
    for (const char* queue : {"peer", "swpt_accounts", "swpt_accounts.XQ"})
        session.purge(queue);
    const std::string now = database_.text(
        "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '+00:00'");
    for (std::int64_t i = -1; i < k_accounts; ++i)
        outgoing_.push_back({{"type", "ConfigureAccount"},
                             {"debtor_id", k_debtor},
                             {"creditor_id", i < 0 ? 0 : k_first + i},
                             {"ts", now},
                             {"seqnum", 1},
                             {"config_flags", 0},
                             {"config_data", ""},
                             {"negligible_amount", i < 0 ? 1e30 : 0.0}});
    finish();
    for (std::int64_t i = 0; i < k_accounts; ++i)
        ask(0, k_first + i, k_issued);
    finish();
    REQUIRE(principals() == due_);
}

void Ring::pay() {
    ++round_;
    for (std::int64_t i = 0; i < k_accounts; ++i)
        ask(k_first + i, k_first + (i + 1) % k_accounts, round_ * 100 + i + 1);
}

void Ring::ask(std::int64_t from, std::int64_t to, std::int64_t amount) {
    const auto number = static_cast<std::int64_t>(requests_.size()) + 1;
    requests_[number].amount = amount;
    due_[from] -= amount;
    due_[to] += amount;
    const std::string now = database_.text(
        "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') || '+00:00'");
    outgoing_.push_back({{"type", "PrepareTransfer"},
                         {"debtor_id", k_debtor},
                         {"creditor_id", from},
                         {"coordinator_type", from == 0 ? "issuing" : "direct"},
                         {"coordinator_id", from == 0 ? k_debtor : from},
                         {"coordinator_request_id", number},
                         {"min_locked_amount", amount},
                         {"max_locked_amount", amount},
                         {"recipient", std::to_string(to)},
                         {"final_interest_rate_ts", "9999-12-31T23:59:59+00:00"},
                         {"max_commit_delay", 1'000'000},
                         {"ts", now}});
}

void Ring::send(const std::vector<Json>& bodies) const {
    broker::Publisher publisher(BrokerHost::instance().settings());
    std::uint64_t token = 0;
    for (const Json& body : bodies) {
        broker::Message message;
        message.exchange = "accounts_in";
        message.routing_key = smp::binary_key(
            {body.at("debtor_id").get<std::int64_t>(), body.at("creditor_id").get<std::int64_t>()});
        message.properties.content_type = "application/json";
        message.properties.type = body.at("type").get<std::string>();
        message.properties.delivery_mode = std::uint8_t{2};
        message.body = body.dump();
        publisher.publish(std::move(message), ++token);
    }
    while (publisher.outstanding() > 0)
        for (const auto& outcome :
             publisher.take(Failpoint::export_outbox_confirm, std::chrono::seconds(10)))
            REQUIRE(outcome.state == broker::Outcome::State::confirmed);
}

void Ring::answer() {
    broker::Session session(BrokerHost::instance().settings());
    while (const auto delivery = session.get("peer")) {
        const Json message = Json::parse(delivery->body);
        const std::string type = message.at("type");
        INFO(delivery->body);
        CHECK((type != "RejectedTransfer" && type != "RejectedConfig"));
        if (type == "FinalizedTransfer")
            CHECK(message.at("status_code") == "OK");
        if (type != "PreparedTransfer")
            continue;
        Request& request = requests_.at(message.at("coordinator_request_id"));
        const std::int64_t transfer = message.at("transfer_id");
        if (request.transfer == 0)
            request.transfer = transfer;
        outgoing_.push_back(
            {{"type", "FinalizeTransfer"},
             {"debtor_id", message.at("debtor_id")},
             {"creditor_id", message.at("creditor_id")},
             {"coordinator_type", message.at("coordinator_type")},
             {"coordinator_id", message.at("coordinator_id")},
             {"coordinator_request_id", message.at("coordinator_request_id")},
             {"transfer_id", transfer},
             {"committed_amount", request.transfer == transfer ? request.amount : 0},
             {"transfer_note", ""},
             {"transfer_note_format", ""},
             {"ts", message.at("ts")}});
    }
}

bool Ring::is_pending() const {
    broker::Session session(BrokerHost::instance().settings());
    return !outgoing_.empty() || session.ready_count("swpt_accounts").value() > 0 ||
           session.ready_count("peer").value() > 0 ||
           database_.count("SELECT (SELECT count(*) FROM accounts.configure_request) + "
                           "(SELECT count(*) FROM accounts.transfer_request) + "
                           "(SELECT count(*) FROM accounts.finalization_request) + "
                           "(SELECT count(*) FROM accounts.pending_balance_change) + "
                           "(SELECT count(*) FROM accounts.prepared_transfer) + "
                           "(SELECT count(*) FROM ops.outbox)") > 0;
}

void Ring::finish() {
    for (int turn = 0; is_pending(); ++turn) {
        REQUIRE(turn < k_turns_max);
        send(std::exchange(outgoing_, {}));
        for (const auto& command : k_turn)
            must(command);
        answer();
    }
}

void Ring::disturb(const std::vector<std::string>& command, const std::string& place,
                   const std::function<void()>& down, const std::function<void()>& up) {
    for (int turn = 0; is_pending(); ++turn) {
        REQUIRE(turn < k_turns_max);
        send(std::exchange(outgoing_, {}));
        for (const auto& next : k_turn)
            if (next != command)
                must(next);
            else if (disturbed(command, place, down, up))
                return;
        answer();
    }
    FAIL("no run reached " << place);
}

bool Ring::disturbed(const std::vector<std::string>& command, const std::string& place,
                     const std::function<void()>& down, const std::function<void()>& up) const {
    const std::string rule = directory_.path() + "/failpoints/rule";
    const std::string trace = directory_.path() + "/trace";
    std::ofstream(rule) << place << " sleep " << k_pause_ms << "\n";
    std::ofstream(trace).flush();
    Launch what = launch(command);
    what.environment["HARMONIA_FAILPOINT_FILE"] = rule;
    what.environment["HARMONIA_FAILPOINT_TRACE"] = trace;
    Running running(what);
    const auto last = [&] {
        std::istringstream lines(file_text(trace));
        std::string line, found;
        while (std::getline(lines, line))
            found = line;
        return found;
    };
    const auto ended = [&] { return last() == "run_close_commit:after"; };
    wait_until([&] { return last() == place || ended(); }, "the command reaches " + place,
               std::chrono::seconds(60));
    if (last() != place) {
        CHECK(running.wait().exit == 0);
        return false;
    }
    down();
    CHECK(last() == place); // it stayed there all the time
    up();
    const Finished finished = running.wait();
    INFO(join(command, " ") << " ended with " << finished.exit << "\n" << finished.err);
    CHECK((finished.exit == 0 || finished.exit == 69));
    return true;
}

std::map<std::int64_t, std::int64_t> Ring::principals() const {
    const auto connection = database_.connect();
    db::Transaction tx(*connection);
    const auto rows = tx.exec("SELECT creditor_id, principal FROM accounts.account");
    std::map<std::int64_t, std::int64_t> found;
    for (std::size_t row = 0; row < rows.size(); ++row)
        found[rows.integer(row, 0)] = rows.integer(row, 1);
    return found;
}

Launch Ring::launch(const std::vector<std::string>& arguments) const {
    Launch what;
    what.command = {program("harmonia"), "--json"};
    what.command.insert(what.command.end(), arguments.begin(), arguments.end());
    what.environment = {{"HARMONIA_DATABASE_DSN", database_.dsn()},
                        {"HARMONIA_BROKER_URL", BrokerHost::instance().url()},
                        {"HARMONIA_ACCOUNTS_LOCAL_CHANGES", "broker"},
                        {"HARMONIA_ACCOUNTS_BATCH_ROWS", "10"},
                        {"HARMONIA_ACCOUNTS_WORKERS", "1"},
                        {"HARMONIA_IMPORT_QUEUE_PREFETCH", "10"}};
    return what;
}

void Ring::must(const std::vector<std::string>& arguments) const {
    const Finished done = run(launch(arguments));
    INFO(join(arguments, " ") << "\n" << done.out << done.err);
    REQUIRE(done.exit == 0);
}

} // namespace harmonia::test

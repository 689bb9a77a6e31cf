#include "core/base/error.hpp"
#include "core/db/lock.hpp"
#include "jobs/dead_letter/run.hpp"
#include "jobs/export/outbox.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/exporting.hpp"
#include "tests/support/proxy.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <thread>

using namespace harmonia;
using namespace harmonia::test;
using exporting::OutboxFlusher;

namespace {

/// `count` rows for `queue`; body and message id are `<prefix><n>`, the key is `key` or one of its
/// own.
void fill(const TempDatabase& database, const std::string& queue, int count,
          const std::string& prefix = "m", const std::string& key = {}) {
    database.execute(fmt::format(
        "INSERT INTO ops.outbox (area, kind, key, exchange, routing_key, properties, headers, body)"
        " SELECT 'harmonia', 'test', {}, '', '{}', jsonb_build_object('message_id', '{}' || n,"
        " 'delivery_mode', 2, 'type', 't'), jsonb_build_object('n', n), '{}' || n"
        " FROM generate_series(1, {}) n ORDER BY n",
        key.empty() ? "'key-" + prefix + "' || n" : "'" + key + "'", queue, prefix, prefix, count));
}

long long left(const TempDatabase& database) {
    return database.count("SELECT count(*) FROM ops.outbox");
}

exporting::OutboxCounts flush(const TempDatabase& database,
                              const broker::Settings& settings = BrokerHost::instance().settings(),
                              std::size_t window = 500) {
    OutboxFlusher flusher(settings, window);
    return flusher.flush(*database.connect());
}

/// What arrived: message id → the different messages that carried it.
using Arrived = std::map<std::string, std::set<std::string>>;
Arrived arrived(const TestQueue& queue, std::size_t* total = nullptr) {
    Arrived out;
    const auto all = queue.take_all();
    for (const auto& delivery : all)
        out[delivery.properties.message_id.value()].insert(delivery.properties_json() +
                                                           delivery.body);
    if (total != nullptr)
        *total = all.size();
    return out;
}

/// `dsn` (URI or keywords) with another port.
std::string through_port(const std::string& dsn, int port) {
    if (dsn.find("://") == std::string::npos)
        return dsn + " port=" + std::to_string(port);
    const auto slash = dsn.find('/', dsn.find("://") + 3);
    const auto colon = dsn.rfind(':', slash);
    return dsn.substr(0, colon + 1) + std::to_string(port) + dsn.substr(slash);
}

} // namespace

TEST_CASE("child of the outbox tests", "[.export-child]") {
    be_export_child();
}

TEST_CASE("the outbox is sent as stored and emptied") {
    const TempDatabase database;
    const TestQueue queue;
    fill(database, queue.name(), 5000);
    const auto counts = flush(database);
    CHECK(counts.published == 5000);
    CHECK(counts.refused == 0);
    CHECK(left(database) == 0);
    std::size_t total = 0;
    const auto messages = arrived(queue, &total);
    CHECK(total == 5000);
    REQUIRE(messages.count("m17") == 1);
    CHECK(*messages.at("m17").begin() ==
          R"({"message_id":"m17","type":"t","delivery_mode":2,"headers":{"n":17}}m17)");
    CHECK(flush(database).published == 0);
}

TEST_CASE("an empty outbox needs no broker") {
    const TempDatabase database;
    broker::Settings nowhere;
    nowhere.url = "amqp://127.0.0.1:1/x";
    nowhere.connect_wait_ms = 100;
    CHECK(flush(database, nowhere).published == 0);
    fill(database, "q", 1);
    try {
        static_cast<void>(flush(database, nowhere));
        FAIL("sent");
    } catch (const Error& problem) {
        CHECK(problem.exit() == Exit::unavailable);
    }
    CHECK(left(database) == 1);
}

TEST_CASE("one key arrives in its order; a refused row holds back its own key only") {
    const TempDatabase database;
    const TestQueue queue;
    fill(database, queue.name(), 50, "a", "key-a");
    fill(database, queue.name(), 50, "b", "key-b");
    database.execute("UPDATE ops.outbox SET routing_key = 'nowhere' WHERE body = 'a20'");
    auto counts = flush(database);
    CHECK(counts.refused == 1);
    CHECK(counts.published == 19 + 50);
    CHECK(database.text(
              "SELECT attempts || ' ' || (not_before > now()) || ' ' ||"
              " (last_error LIKE 'NO_ROUTE%nowhere%') FROM ops.outbox WHERE body = 'a20'") ==
          "1 true true");
    CHECK(flush(database).published == 0); // not before its time, and nothing overtakes it
    CHECK(left(database) == 31);
    database.execute(fmt::format("UPDATE ops.outbox SET routing_key = '{}', not_before = now()"
                                 " WHERE body = 'a20'",
                                 queue.name()));
    CHECK(flush(database).published == 31);
    std::map<char, int> last;
    for (const auto& delivery : queue.take_all()) {
        const int number = std::stoi(delivery.body.substr(1));
        CHECK(number == ++last[delivery.body[0]]);
    }
    CHECK(last == std::map<char, int>{{'a', 50}, {'b', 50}});
}

TEST_CASE("a row delayed by its writer waits, with those behind it") {
    const TempDatabase database;
    const TestQueue queue;
    fill(database, queue.name(), 3, "a", "key-a");
    database.execute("UPDATE ops.outbox SET not_before = now() + interval '1 h' WHERE body = 'a2'");
    CHECK(flush(database).published == 1);
    CHECK(left(database) == 2);
}

TEST_CASE("rows that cannot be sent at all rest with their reason and disturb nobody") {
    const TempDatabase database;
    const TestQueue queue;
    fill(database, queue.name(), 100);
    database.execute("UPDATE ops.outbox SET properties = '{\"colour\": 1}' WHERE body = 'm1';"
                     "UPDATE ops.outbox SET headers = '[1]' WHERE body = 'm2';"
                     "UPDATE ops.outbox SET exchange = 'no-such-exchange' WHERE body = 'm3'");
    const auto counts = flush(database);
    CHECK(counts.published == 97);
    CHECK(counts.refused == 3);
    CHECK(database.text("SELECT last_error FROM ops.outbox WHERE body = 'm3'")
              .find("no-such-exchange") != std::string::npos);
}

TEST_CASE("cut in the middle and resumed: nothing is lost, repeats are byte-identical") {
    const TempDatabase database;
    const TestQueue queue;
    Proxy proxy(BrokerHost::instance().port());
    proxy.delay(1);
    fill(database, queue.name(), 20'000);
    std::thread saw([&] {
        for (int cuts = 0; cuts < 3; ++cuts) {
            const auto sent = proxy.bytes_to_server();
            for (int i = 0; proxy.bytes_to_server() < sent + 200'000 && i < 20'000; ++i)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            proxy.cut();
        }
    });
    const auto counts = flush(database, BrokerHost::instance().settings_through(proxy.port()));
    saw.join();
    CHECK(counts.published == 20'000);
    CHECK(left(database) == 0);
    CHECK(proxy.accepted() >= 2);
    std::size_t total = 0;
    const auto messages = arrived(queue, &total);
    CHECK(messages.size() == 20'000);
    CHECK(total >= 20'000);
    for (const auto& [id, different] : messages)
        REQUIRE(different.size() == 1);
}

TEST_CASE("a broker that goes away for good ends the run; the rows stay") {
    const TempDatabase database;
    const TestQueue queue;
    Proxy proxy(BrokerHost::instance().port());
    fill(database, queue.name(), 10);
    auto settings = BrokerHost::instance().settings_through(proxy.port());
    settings.connect_wait_ms = 300;
    OutboxFlusher flusher(settings, 500);
    const auto connection = database.connect();
    CHECK(flusher.flush(*connection).published == 10);
    proxy.refuse(true);
    proxy.cut();
    fill(database, queue.name(), 10, "n");
    try {
        for (int i = 0; i < 100; ++i)
            static_cast<void>(flusher.flush(*connection));
        FAIL("sent");
    } catch (const Error& problem) {
        CHECK(problem.exit() == Exit::unavailable);
    }
    CHECK(left(database) == 10);
    proxy.refuse(false);
    CHECK(flusher.flush(*connection).published == 10);
}

TEST_CASE("two at once: each row is sent once, lanes are not shared") {
    const TempDatabase database;
    const TestQueue queue;
    fill(database, queue.name(), 20'000);
    exporting::OutboxCounts one, two;
    std::thread other([&] { one = flush(database); });
    two = flush(database);
    other.join();
    CHECK(one.published + two.published == 20'000);
    CHECK(flush(database).published == 0);
    CHECK(left(database) == 0);
    CHECK(queue.count() == 20'000);
}

TEST_CASE("lanes that another process holds are left alone") {
    const TempDatabase database;
    const TestQueue queue;
    fill(database, queue.name(), 5, "a", "key-a");
    const auto connection = database.connect();
    const auto lane = database.text("SELECT DISTINCT lane FROM ops.outbox");
    {
        const auto lock = db::SessionLock::acquire(*connection, db::LockClass::outbox_lane, lane,
                                                   std::chrono::milliseconds(0));
        REQUIRE(lock);
        const auto counts = flush(database);
        CHECK(counts.published == 0);
        CHECK(counts.busy == 1);
    }
    CHECK(flush(database).published == 5);
}

TEST_CASE("killed at each act of the outbox, everything arrives, repeats are byte-identical") {
    for (const std::string point : {"export_outbox_confirm:before", "export_outbox_confirm:after",
                                    "export_outbox_commit:before", "export_outbox_commit:after"}) {
        INFO(point);
        const TempDatabase database;
        const TempDir directory;
        const TestQueue queue;
        fill(database, queue.name(), 6000);
        const auto url = BrokerHost::instance().url();
        const auto killed =
            run(export_child(database, directory, "exports: []\n", point + "@2 kill", url));
        CHECK(killed.exit == 137);
        const auto rest = left(database);
        CHECK(rest > 0);
        CHECK(run(export_child(database, directory, "exports: []\n", "", url)).exit == 0);
        CHECK(left(database) == 0);
        const auto messages = arrived(queue);
        CHECK(messages.size() == 6000);
        for (const auto& [id, different] : messages)
            REQUIRE(different.size() == 1);
    }
}

TEST_CASE("the answer to the deleting commit is lost: the rows are looked at again, none is lost") {
    const TempDatabase database;
    const TestQueue queue;
    fill(database, queue.name(), 3000);
    const auto count_with = [&](const std::string& dsn) {
        auto settings = database.settings();
        settings.dsn = dsn;
        OutboxFlusher flusher(BrokerHost::instance().settings(), 500);
        return flusher.flush(*db::connect(settings));
    };
    const auto dsn = database.dsn();
    Proxy proxy(static_cast<int>(database.count("SELECT inet_server_port()")));
    const auto through = through_port(dsn, proxy.port());
    proxy.swallow_answers_after("COMMIT", 300); // the first one: those before it only read
    CHECK_THROWS_AS(count_with(through), Error);
    CHECK(proxy.swallowed());
    static_cast<void>(count_with(dsn));
    CHECK(left(database) == 0);
    const auto messages = arrived(queue);
    CHECK(messages.size() == 3000);
    for (const auto& [id, different] : messages)
        REQUIRE(different.size() == 1);
}

TEST_CASE("a queue target's rows go out under their own id") {
    const TempDatabase database;
    const TestQueue queue;
    owe_exports(database, "shop", 3);
    const auto options = export_options(
        database,
        fmt::format("exports:\n  - {{name: shop, kind: queue, routing_key: {}, record: {{id: "
                    "transaction_id}}}}\n",
                    queue.name()),
        BrokerHost::instance().settings());
    const auto outcome = exporting::run(options);
    CHECK(outcome.targets.at(0).second.delivered == 3);
    CHECK(outcome.outbox.published == 3);
    const auto got = queue.take_all();
    REQUIRE(got.size() == 3);
    CHECK(got[0].properties.type == "shop");
    CHECK(database.count(fmt::format("SELECT count(*) FROM harmonia.export_transaction"
                                     " WHERE export_uid = '{}' AND status = 'EXPORTED'",
                                     got[0].properties.message_id.value())) == 1);
}

TEST_CASE("a dead letter is replayed to its queue once, through the outbox") {
    const TempDatabase database;
    const TestQueue queue;
    database.execute(fmt::format(
        "INSERT INTO ops.dead_letter (feed, queue, exchange, routing_key, properties, body,"
        " body_sha256, code) VALUES ('f', '{0}', 'x', 'y', '{{\"type\": \"t\", \"headers\":"
        " {{\"X-Retry-Count\": 1}}}}', 'caf\\303\\251', 's', 'bad'), ('f', '{0}', '', '', '{{}}',"
        " '\\377', 's', 'bad')",
        queue.name()));
    const auto connection = database.connect();
    CHECK(dead_letter::list(*connection, {}).size() == 2);
    CHECK(dead_letter::show(*connection, 1).body == "caf\xc3\xa9");
    CHECK(dead_letter::replay(*connection, {1, 99}) == 1);
    CHECK(dead_letter::replay(*connection, {1}) == 0);
    CHECK_THROWS_AS(dead_letter::replay(*connection, {2}), Error);
    CHECK(dead_letter::dismiss(*connection, {1, 2}) == 1);
    CHECK_THROWS_AS(dead_letter::show(*connection, 99), Error);
    CHECK(flush(database).published == 1);
    const auto got = queue.take_all();
    REQUIRE(got.size() == 1);
    CHECK(got[0].body == "caf\xc3\xa9");
    CHECK(got[0].properties.type == "t");
    CHECK(got[0].headers == R"({"X-Retry-Count":1})");
    dead_letter::Filter all;
    all.all = true;
    CHECK(dead_letter::list(*connection, {}).empty());
    CHECK(dead_letter::list(*connection, all).size() == 2);
}

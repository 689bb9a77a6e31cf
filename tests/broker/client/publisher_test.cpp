#include "core/base/error.hpp"
#include "core/broker/publisher.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/proxy.hpp"

#include <fmt/format.h>

#include <map>
#include <set>

using namespace harmonia;
using namespace harmonia::broker;
using namespace harmonia::test;
using namespace std::chrono_literals;
using State = Outcome::State;

namespace {

constexpr std::uint64_t k_heartbeat_bytes = 8; // an empty frame

std::map<std::uint64_t, Outcome> all_outcomes(Publisher& publisher) {
    std::map<std::uint64_t, Outcome> out;
    for (int i = 0; publisher.outstanding() > 0; ++i) {
        REQUIRE(i < 100);
        for (auto& outcome : publisher.take(Failpoint::export_outbox_confirm, 1s)) {
            CHECK(out.count(outcome.token) == 0);
            out[outcome.token] = outcome;
        }
    }
    return out;
}

std::size_t count_of(const std::map<std::uint64_t, Outcome>& outcomes, State state) {
    std::size_t count = 0;
    for (const auto& [token, outcome] : outcomes)
        if (outcome.state == state)
            ++count;
    return count;
}

} // namespace

TEST_CASE("messages are confirmed by token and arrive in order") {
    const TestQueue queue;
    Publisher publisher(BrokerHost::instance().settings(), {.window = 50});
    for (std::uint64_t i = 0; i < 2000; ++i)
        publisher.publish(message_to(queue.name(), std::to_string(i)), i);
    CHECK(count_of(all_outcomes(publisher), State::confirmed) == 2000);
    const auto messages = queue.take_all();
    REQUIRE(messages.size() == 2000);
    for (std::size_t i = 0; i < 2000; ++i)
        REQUIRE(messages[i].body == std::to_string(i));
}

TEST_CASE("properties and headers arrive as they were sent") {
    const TestQueue queue;
    auto message = message_to(queue.name(), std::string("\0\xff", 2) + std::string(300'000, 'x'));
    message.properties = properties_from_json(
        R"({"content_type":"a/b","content_encoding":"utf-8","correlation_id":"c","reply_to":"r",)"
        R"("expiration":"60000","message_id":"m","type":"t","user_id":"guest","app_id":"h",)"
        R"("delivery_mode":2,"priority":0,"timestamp":1700000000})");
    message.headers =
        R"({"X-Queued-At":1700000000,"big":9007199254740993,"ok":true,"l":[1,{"a":"b"}]})";
    Publisher publisher(BrokerHost::instance().settings());
    publisher.publish(message, 7);
    REQUIRE(all_outcomes(publisher).at(7).state == State::confirmed);
    const auto got = queue.take_all();
    REQUIRE(got.size() == 1);
    CHECK(got[0].body == message.body);
    CHECK(got[0].headers == message.headers);
    CHECK(properties_to_json(got[0].properties) == properties_to_json(message.properties));
}

TEST_CASE("an unroutable message is reported for exactly its token") {
    const TestQueue queue;
    Publisher publisher(BrokerHost::instance().settings());
    for (std::uint64_t i = 0; i < 100; ++i)
        publisher.publish(message_to(i % 10 == 3 ? "nowhere" : queue.name(), std::to_string(i)), i);
    const auto outcomes = all_outcomes(publisher);
    for (const auto& [token, outcome] : outcomes) {
        INFO(token);
        CHECK(outcome.state == (token % 10 == 3 ? State::returned : State::confirmed));
    }
    CHECK(outcomes.at(3).reason.find("NO_ROUTE") != std::string::npos);
    CHECK(queue.count() == 90);
}

TEST_CASE("a full queue that rejects publishes is reported as nacked") {
    const TestQueue queue(R"({"x-max-length":5,"x-overflow":"reject-publish"})");
    Publisher publisher(BrokerHost::instance().settings(), {.window = 1});
    for (std::uint64_t i = 0; i < 8; ++i)
        publisher.publish(message_to(queue.name(), std::to_string(i)), i);
    const auto outcomes = all_outcomes(publisher);
    CHECK(count_of(outcomes, State::confirmed) == queue.count());
    CHECK(outcomes.at(7).state == State::nacked);
}

TEST_CASE("a failed message holds back its key until forgiven, and no other") {
    const TestQueue queue;
    Publisher publisher(BrokerHost::instance().settings());
    publisher.publish(message_to("nowhere", "1"), 1, "a");
    publisher.publish(message_to(queue.name(), "2"), 2, "a");
    publisher.publish(message_to(queue.name(), "3"), 3, "b");
    auto outcomes = all_outcomes(publisher);
    CHECK(outcomes.at(1).state == State::returned);
    CHECK(outcomes.at(2).state == State::held);
    CHECK(outcomes.at(3).state == State::confirmed);
    publisher.reset_failed_keys();
    publisher.publish(message_to(queue.name(), "4"), 4, "a");
    CHECK(all_outcomes(publisher).at(4).state == State::confirmed);
}

TEST_CASE("a missing exchange or a bad property fails its own message, on the same connection") {
    const TestQueue queue;
    Proxy proxy(BrokerHost::instance().port());
    Publisher publisher(BrokerHost::instance().settings_through(proxy.port()));
    for (std::uint64_t i = 0; i < 40; ++i) {
        auto message = message_to(queue.name(), std::to_string(i));
        if (i % 20 == 5)
            message.exchange = "no-such-exchange";
        if (i == 11)
            message.properties.expiration = "soon";
        if (i == 12)
            message.properties.type = std::string(300, 'x');
        if (i == 13)
            message.headers = "[1]";
        publisher.publish(message, i);
    }
    const auto outcomes = all_outcomes(publisher);
    for (const std::uint64_t token : {5, 25, 11, 12, 13})
        CHECK(outcomes.at(token).state == State::nacked);
    CHECK(outcomes.at(5).reason.find("no-such-exchange") != std::string::npos);
    CHECK(outcomes.at(11).reason.find("expiration") != std::string::npos);
    CHECK(count_of(outcomes, State::confirmed) == 35);
    std::set<std::string> bodies;
    for (const auto& delivery : queue.take_all())
        bodies.insert(delivery.body);
    CHECK(bodies.size() == 35);
    CHECK(proxy.accepted() == 1);
}

TEST_CASE("after a cut connection everything is answered for, and sent again it is all there") {
    const TestQueue queue;
    Proxy proxy(BrokerHost::instance().port());
    Publisher publisher(BrokerHost::instance().settings_through(proxy.port()), {.window = 100});
    proxy.delay(1);
    std::set<std::uint64_t> todo;
    for (std::uint64_t i = 0; i < 3000; ++i)
        todo.insert(i);
    int losses = 0;
    for (int round = 0; !todo.empty(); ++round) {
        REQUIRE(round < 20);
        for (const auto token : todo)
            publisher.publish(message_to(queue.name(), std::to_string(token)), token);
        if (round < 2) {
            const auto sent = proxy.bytes_to_server();
            while (proxy.bytes_to_server() < sent + 5000)
                std::this_thread::yield();
            proxy.cut();
        }
        for (const auto& [token, outcome] : all_outcomes(publisher))
            if (outcome.state == State::confirmed)
                todo.erase(token);
        if (publisher.lost()) {
            ++losses;
            CHECK_FALSE(todo.empty());
            publisher.recover();
        }
    }
    CHECK(losses >= 2);
    std::set<std::string> bodies;
    for (const auto& delivery : queue.take_all())
        bodies.insert(delivery.body);
    CHECK(bodies.size() == 3000);
}

TEST_CASE("between a loss and recover() nothing is sent") {
    const TestQueue queue;
    Proxy proxy(BrokerHost::instance().port());
    Publisher publisher(BrokerHost::instance().settings_through(proxy.port()));
    proxy.cut();
    while (!publisher.lost())
        std::this_thread::sleep_for(1ms);
    publisher.publish(message_to(queue.name(), "x"), 1);
    CHECK(all_outcomes(publisher).at(1).state == State::held);
    publisher.recover();
    publisher.publish(message_to(queue.name(), "y"), 2);
    CHECK(all_outcomes(publisher).at(2).state == State::confirmed);
    CHECK(queue.count() == 1);
}

TEST_CASE("heartbeats are answered while the caller is busy elsewhere") {
    const TestQueue queue;
    Proxy proxy(BrokerHost::instance().port());
    auto settings = BrokerHost::instance().settings_through(proxy.port());
    settings.heartbeat_s = 1;
    Publisher publisher(settings);
    // The caller does nothing: what goes out are heartbeats.
    const auto wanted = proxy.bytes_to_server() + 2 * k_heartbeat_bytes;
    for (int i = 0; proxy.bytes_to_server() < wanted; ++i) {
        REQUIRE(i < 1000);
        std::this_thread::sleep_for(10ms);
    }
    CHECK_FALSE(publisher.lost());
    publisher.publish(message_to(queue.name(), "x"), 1);
    CHECK(all_outcomes(publisher).at(1).state == State::confirmed);
}

TEST_CASE("a silent broker is noticed by its missing heartbeats") {
    Proxy proxy(BrokerHost::instance().port());
    auto settings = BrokerHost::instance().settings_through(proxy.port());
    settings.heartbeat_s = 1;
    Publisher publisher(settings);
    proxy.freeze(true);
    for (int i = 0; !publisher.lost(); ++i) {
        REQUIRE(i < 2000);
        std::this_thread::sleep_for(10ms);
    }
}

TEST_CASE("a broker out of reach or a refusal is an error that names the place, not the password") {
    auto settings = BrokerHost::instance().settings();
    settings.connect_wait_ms = 300;
    const auto exit_of = [&](const std::string& url) {
        settings.url = url;
        try {
            Publisher publisher(settings);
        } catch (const Error& problem) {
            const std::string what = problem.what();
            CHECK(what.find("127.0.0.1:") != std::string::npos);
            CHECK(what.find("hidden") == std::string::npos);
            return problem.exit();
        }
        return Exit::done;
    };
    const int port = BrokerHost::instance().port();
    CHECK(exit_of("amqp://guest:hidden@127.0.0.1:1/%2f") == Exit::unavailable);
    CHECK(exit_of(fmt::format("amqp://guest:hidden@127.0.0.1:{}/%2f", port)) == Exit::permission);
    CHECK(exit_of(fmt::format("amqp://guest:guest@127.0.0.1:{}/none", port)) == Exit::config);
}

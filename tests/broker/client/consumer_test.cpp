#include "core/base/error.hpp"
#include "core/broker/consumer.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/proxy.hpp"

#include <set>
#include <thread>

using namespace harmonia;
using namespace harmonia::broker;
using namespace harmonia::test;
using namespace std::chrono_literals;

namespace {

constexpr auto k_ack = Failpoint::import_queue_ack;
constexpr std::uint64_t k_heartbeat_bytes = 8; // an empty frame

void fill(const TestQueue& queue, int count) {
    Publisher publisher(BrokerHost::instance().settings());
    for (int i = 0; i < count; ++i)
        publisher.publish(message_to(queue.name(), std::to_string(i)), static_cast<unsigned>(i));
    while (publisher.outstanding() > 0)
        static_cast<void>(publisher.take(Failpoint::export_outbox_confirm, 1s));
}

std::vector<Delivery> take(Consumer& consumer, int count) {
    std::vector<Delivery> out;
    for (int i = 0; i < count; ++i) {
        auto delivery = consumer.next(10s);
        REQUIRE(delivery);
        out.push_back(std::move(*delivery));
    }
    return out;
}

/// What another consumer finds after this one is gone.
std::size_t left(const TestQueue& queue) {
    return queue.take_all().size();
}

} // namespace

TEST_CASE("one acknowledgement covers everything before it") {
    const TestQueue queue;
    fill(queue, 10);
    {
        Consumer consumer(BrokerHost::instance().settings(), {.queue = queue.name()});
        const auto deliveries = take(consumer, 10);
        CHECK(deliveries[3].body == "3");
        CHECK(deliveries[3].routing_key == queue.name());
        CHECK_FALSE(deliveries[3].redelivered);
        CHECK(consumer.ack_through(deliveries[6].tag, k_ack));
    }
    const auto rest = queue.take_all();
    REQUIRE(rest.size() == 3);
    CHECK(rest[0].body == "7");
    CHECK(rest[0].redelivered);
}

TEST_CASE("a rejected delivery is gone, and acknowledging through it is fine") {
    const TestQueue queue;
    fill(queue, 6);
    {
        Consumer consumer(BrokerHost::instance().settings(), {.queue = queue.name()});
        const auto deliveries = take(consumer, 6);
        CHECK(consumer.reject(deliveries[2].tag, k_ack));
        CHECK_FALSE(consumer.reject(deliveries[2].tag, k_ack));
        CHECK(consumer.ack_through(deliveries[2].tag, k_ack));
        CHECK(consumer.reject(deliveries[3].tag, k_ack));
        CHECK(consumer.ack_through(deliveries[3].tag, k_ack));
        CHECK(consumer.generation() == 1);
        CHECK(consumer.ack_through(deliveries[4].tag, k_ack));
    }
    CHECK(left(queue) == 1);
}

TEST_CASE("drained says when nothing is left, and not before") {
    const TestQueue queue;
    fill(queue, 250);
    Consumer consumer(BrokerHost::instance().settings(), {.queue = queue.name(), .prefetch = 100});
    int taken = 0;
    while (!consumer.drained()) {
        const auto delivery = consumer.next(1s);
        if (!delivery)
            continue;
        if (++taken % 50 == 0)
            CHECK(consumer.ack_through(delivery->tag, k_ack));
    }
    CHECK(taken == 250);
    CHECK_FALSE(consumer.next(0ms));
    queue.put("late");
    CHECK_FALSE((consumer.drained() && !consumer.next(1s)));
}

TEST_CASE("an empty queue is drained at once, a quorum queue too") {
    const TestQueue classic;
    CHECK(Consumer(BrokerHost::instance().settings(), {.queue = classic.name()}).drained());
    const TestQueue quorum(R"({"x-queue-type":"quorum"})");
    fill(quorum, 20);
    Consumer consumer(BrokerHost::instance().settings(), {.queue = quorum.name()});
    int taken = 0;
    while (!consumer.drained())
        if (consumer.next(100ms))
            ++taken;
    CHECK(taken == 20);
}

TEST_CASE("a cut connection makes tags void and everything comes again") {
    const TestQueue queue;
    fill(queue, 20);
    Proxy proxy(BrokerHost::instance().port());
    Consumer consumer(BrokerHost::instance().settings_through(proxy.port()),
                      {.queue = queue.name(), .prefetch = 10});
    const auto first = take(consumer, 5);
    CHECK(consumer.valid(first[4].tag));
    proxy.cut();
    while (consumer.valid(first[4].tag))
        std::this_thread::sleep_for(1ms);
    CHECK_FALSE(consumer.ack_through(first[4].tag, k_ack));
    std::set<std::string> bodies;
    while (bodies.size() < 20) {
        const auto delivery = consumer.next(10s);
        REQUIRE(delivery);
        bodies.insert(delivery->body);
        CHECK(delivery->tag.generation == 2);
        CHECK(consumer.ack_through(delivery->tag, k_ack));
    }
    CHECK(consumer.drained());
}

TEST_CASE("heartbeats go on while the caller works on its database") {
    const TestQueue queue;
    fill(queue, 3);
    Proxy proxy(BrokerHost::instance().port());
    auto settings = BrokerHost::instance().settings_through(proxy.port());
    settings.heartbeat_s = 1;
    Consumer consumer(settings, {.queue = queue.name()});
    const auto deliveries = take(consumer, 3);
    // The caller does nothing: what goes out are heartbeats.
    const auto wanted = proxy.bytes_to_server() + 2 * k_heartbeat_bytes;
    for (int i = 0; proxy.bytes_to_server() < wanted; ++i) {
        REQUIRE(i < 1000);
        std::this_thread::sleep_for(10ms);
    }
    CHECK(consumer.ack_through(deliveries[2].tag, k_ack));
    CHECK(consumer.generation() == 1);
}

TEST_CASE("given back, deliveries go to the next consumer") {
    const TestQueue queue;
    fill(queue, 30);
    Consumer consumer(BrokerHost::instance().settings(), {.queue = queue.name(), .prefetch = 20});
    const auto deliveries = take(consumer, 4);
    CHECK(consumer.ack_through(deliveries[1].tag, k_ack));
    consumer.requeue_all();
    CHECK_FALSE(consumer.next(50ms));
    for (int i = 0; queue.count() != 28; ++i) { // the broker works the request off by itself
        REQUIRE(i < 1000);
        std::this_thread::sleep_for(10ms);
    }
}

TEST_CASE("a body beyond the limit arrives cut and marked") {
    const TestQueue queue;
    queue.put(std::string(300'000, 'x'));
    queue.put("small");
    Consumer consumer(BrokerHost::instance().settings(),
                      {.queue = queue.name(), .body_bytes_max = 1000});
    const auto deliveries = take(consumer, 2);
    CHECK(deliveries[0].oversized);
    CHECK(deliveries[0].body.size() == 1000);
    CHECK_FALSE(deliveries[1].oversized);
    CHECK(deliveries[1].body == "small");
}

TEST_CASE("a missing queue is a configuration error, also when it goes away later") {
    const auto settings = BrokerHost::instance().settings();
    try {
        Consumer consumer(settings, {.queue = "no-such-queue"});
        FAIL("consumed");
    } catch (const Error& problem) {
        CHECK(problem.exit() == Exit::config);
        CHECK(std::string(problem.what()).find("no-such-queue") != std::string::npos);
        CHECK(problem.hint().find("harmonia configure") != std::string::npos);
    }
    Topology topology;
    topology.queues.push_back({.name = "short-lived"});
    Session session(settings);
    session.declare(topology);
    Consumer consumer(settings, {.queue = "short-lived"});
    session.delete_queue("short-lived");
    const auto wait_for_failure = [&] {
        for (int i = 0; i < 100; ++i)
            static_cast<void>(consumer.next(100ms));
    };
    CHECK_THROWS_AS(wait_for_failure(), Error);
}

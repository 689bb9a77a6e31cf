// RabbitMQ itself is stopped in the middle of an import and of an export, and restarted.
#include "core/broker/client.hpp"
#include "tests/e2e/trouble/broker_restart.hpp"
#include "tests/support/world.hpp"

#include <map>

using namespace harmonia;
using namespace harmonia::test;

namespace {

using Command = std::vector<std::string>;

const Command k_import{"import", "visa-auth"}, k_export{"export"};
constexpr const char* k_batch = "20"; // messages a commit: the queue holds several batches

struct Books {
    std::string digest;
    std::set<std::string> told;
};

const Books& undisturbed() {
    static const Books books = [] {
        const World world;
        for (const auto& command : World::pipeline())
            world.must(command);
        return Books{world.digest(), world.told()};
    }();
    return books;
}

/// The number of different messages in queue `export`: duplicates must be equal byte for byte,
/// under the same id. Leaves every message in the queue.
std::size_t announced() {
    broker::Session session(BrokerHost::instance().settings());
    std::map<std::string, std::string> known;
    std::vector<std::string> bodies;
    while (const auto delivery = session.get("export")) {
        REQUIRE(delivery->properties.message_id.has_value());
        const std::string whole = delivery->properties_json() + delivery->body;
        CHECK(known.emplace(*delivery->properties.message_id, whole).first->second == whole);
        bodies.push_back(delivery->body);
    }
    broker::Publisher publisher(BrokerHost::instance().settings());
    std::uint64_t token = 0;
    for (const std::string& body : bodies)
        publisher.publish(message_to("export", body), ++token);
    while (publisher.outstanding() > 0)
        for (const auto& outcome :
             publisher.take(Failpoint::export_outbox_confirm, std::chrono::seconds(10)))
            REQUIRE(outcome.state == broker::Outcome::State::confirmed);
    return known.size();
}

/// The whole day, with the broker restarted once at `act` of `victim`.
void the_day_ends_the_same(const Command& victim, const std::string& act, std::size_t passage) {
    const Books& expected = undisturbed();
    const World world;
    for (const auto& command : World::pipeline()) {
        if (command == victim)
            run_while_broker_restarts(
                world.launch(command, {{"HARMONIA_IMPORT_QUEUE_PREFETCH", k_batch}}),
                world.directory(), act + ":before", passage);
        world.must(command);
    }
    CHECK(world.digest() == expected.digest);
    CHECK(announced() > 0);
    CHECK(difference(world.told(), expected.told).empty());
}

} // namespace

TEST_CASE(
    "RabbitMQ stopped in the middle of an import and started again: nothing lost or doubled") {
    the_day_ends_the_same(k_import, "import_queue_commit", 2);
    the_day_ends_the_same(k_import, "import_queue_ack", 2);
}

TEST_CASE("RabbitMQ stopped in the middle of an export and started again: repeats are identical") {
    the_day_ends_the_same(k_export, "export_outbox_confirm", 1);
    the_day_ends_the_same(k_export, "export_outbox_commit", 1);
}

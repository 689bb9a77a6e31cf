// Two copies of a command at the same time share the work or wait for each other; nothing is done
// twice.

#include "tests/support/catch.hpp"
#include "tests/support/world.hpp"

using namespace harmonia::test;

namespace {

void run_twice_at_once(const World& world, const std::vector<std::string>& command) {
    Running first(world.launch(command)), second(world.launch(command));
    for (Running* copy : {&first, &second}) {
        const Finished finished = copy->wait();
        INFO(command.front() << "\n" << finished.err);
        CHECK((finished.exit == 0 || finished.exit == 3));
    }
}

} // namespace

TEST_CASE(
    "M-36 two imports of one directory, two matches and two exports at once do everything once") {
    const World alone;
    for (const auto& command : World::pipeline())
        alone.must(command);
    const std::string digest = alone.digest();
    const auto told = alone.told();

    const World world;
    for (const auto& command : World::pipeline())
        run_twice_at_once(world, command);
    for (const auto& command :
         World::pipeline()) // a skipped merchant or lane is taken by the next run
        world.must(command);
    CHECK(world.digest() == digest);
    CHECK(difference(world.told(), told).empty());
}

// PostgreSQL or RabbitMQ killed and restarted in the middle of a round of payments: the next runs
// finish the round, and every amount is where it should be.
#include "tests/e2e/settle/ring.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/services.hpp"

using namespace harmonia;
using namespace harmonia::test;

namespace {

struct Trouble {
    std::vector<std::string> command;
    const char* place; ///< where the command pauses meanwhile
};

const std::vector<std::string> k_import{"import", "smp-accounts"}, k_settle{"settle", "accounts"},
    k_export{"export"};

/// Rounds until nothing is pending; the books are right.
void ends_well(Ring& ring) {
    ring.finish();
    CHECK(ring.principals() == ring.due());
    ring.must({"audit", "accounts"});
}

/// The server is killed at each place, with payments on their way.
void dies(const std::string& server, std::initializer_list<Trouble> troubles) {
    Ring ring;
    for (const auto& [command, place] : troubles) {
        INFO(place);
        ring.pay();
        ring.disturb(
            command, place, [&] { services("kill-" + server); },
            [&] { services("start-" + server); });
        ends_well(ring);
    }
}

} // namespace

TEST_CASE("PostgreSQL killed in the middle of a settle round: the next runs finish it") {
    dies("postgres", {{k_import, "import_queue_commit:before"},
                      {k_import, "import_queue_ack:before"},
                      {k_settle, "settle_transfers_commit:before"},
                      {k_settle, "settle_finalizations_commit:after"},
                      {k_settle, "settle_changes_commit:before"},
                      {k_export, "export_outbox_commit:before"}});
}

TEST_CASE(
    "RabbitMQ killed and restarted in the middle of a settle round: the next runs finish it") {
    dies("rabbitmq", {{k_import, "import_queue_commit:before"},
                      {k_import, "import_queue_ack:before"},
                      {k_settle, "settle_finalizations_commit:before"},
                      {k_export, "export_outbox_confirm:before"},
                      {k_export, "export_outbox_commit:before"}});
}

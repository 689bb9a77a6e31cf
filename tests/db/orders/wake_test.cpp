// `screen --follow` is woken by an import that closes its batch.
#include "core/config/config.hpp"
#include "jobs/screen/run.hpp"
#include "tests/db/orders/till.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/rulesets.hpp"

#include <chrono>
#include <future>
#include <thread>

using namespace harmonia;
using namespace harmonia::test;

namespace {

std::string orders(int count) {
    std::string text = "external_id,event_time,amount,currency,method\n";
    for (int i = 0; i < count; ++i)
        text += fmt::format("p{},2026-10-01T10:00:00Z,1.00,EUR,paypal\n", i);
    return text;
}

struct Judged {}; // thrown to end follow()

} // namespace

TEST_CASE("screen --follow is woken when a file of many blocks is closed, not before its time") {
    Till till(Till::Key::there, "  block_rows: 100\n");
    activate_ruleset(till.database(), cards_ruleset(R"(
rules:
  - {id: HIGH, when: amount > 1000.00, score: 90, reason: "{amount}"}
)"));
    screen::Options options;
    options.run_id = "00000000-0000-4000-8000-000000000001";
    options.look_again = std::chrono::hours(1); // only a notification wakes it
    const auto settings =
        screen::read_settings(config::parse("screening: {}", "test"), till.database().settings());
    std::int64_t rows = 0;
    auto follower = std::async(std::launch::async, [&] {
        try {
            screen::follow(settings, options, [&](const screen::Outcomes& outcomes) {
                for (const screen::RunResult& run : outcomes.runs)
                    rows += run.counts.rows;
                throw Judged();
            });
        } catch (const Judged&) {
        }
    });
    // It has found nothing to do and sleeps.
    while (till.database().count("SELECT count(*) FROM pg_stat_activity WHERE datname = "
                                 "current_database() AND query LIKE 'LISTEN%' AND "
                                 "clock_timestamp() - state_change > interval '0.5 s'") == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    // The last block is stored some time before its batch is closed.
    const auto failpoints = till.directory() / "failpoints/rules";
    std::ofstream(failpoints) << "import_batch_close_commit:before sleep 700\n";
    CHECK(
        till.import("orders-csv", orders(1000), {{"HARMONIA_FAILPOINT_FILE", failpoints.string()}})
            .fresh == 1000);
    const bool woken = follower.wait_for(std::chrono::seconds(30)) == std::future_status::ready;
    CHECK(woken);
    if (!woken)
        till.database().execute("NOTIFY harmonia_facts");
    follower.get();
    CHECK(rows == 1000);
    CHECK(till.database().count("SELECT count(*) FROM harmonia.payment_transaction "
                                "WHERE screen = 'HELD'") == 0);
}

#include "core/db/connection.hpp"
#include "core/db/copy_out.hpp"
#include "core/observe/job_run.hpp"
#include "tests/db/db/fresh.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/proxy.hpp"

using namespace harmonia;
using test::TempDatabase;

namespace {

constexpr int k_cut_after_ms = 20;

struct Behind {
    const TempDatabase& database;
    test::Proxy proxy{static_cast<int>(database.count("SELECT inet_server_port()"))};
    [[nodiscard]] db::Settings settings() const {
        auto out = database.settings();
        out.dsn += " port=" + std::to_string(proxy.port()); // the last of a keyword counts
        return out;
    }
};

} // namespace

TEST_CASE("a COMMIT whose answer is lost is in doubt, and may well have happened") {
    const TempDatabase& database = test::fresh();
    Behind behind{database};
    const auto connection = db::connect(behind.settings());
    auto tx = std::make_unique<db::Transaction>(*connection);
    tx->exec("INSERT INTO ops.config_item (key, value) VALUES ('a', 'b')");
    behind.proxy.swallow_answers_after("COMMIT", k_cut_after_ms);
    try {
        tx->commit(Failpoint::migrate_commit);
        FAIL("no answer, and yet done");
    } catch (const db::InDoubt& doubt) {
        CHECK(doubt.exit() == Exit::unavailable);
        CHECK_FALSE(doubt.hint().empty());
    }
    tx.reset();
    CHECK(behind.proxy.swallowed());
    CHECK(database.count("SELECT count(*) FROM ops.config_item") == 1);
    CHECK_THROWS_AS(db::Transaction(*connection).exec("SELECT 1"), db::Failure);
}

TEST_CASE("a statement whose answer is lost is a lost session, and nothing is kept") {
    const TempDatabase& database = test::fresh();
    Behind behind{database};
    const auto connection = db::connect(behind.settings());
    db::Transaction tx(*connection);
    behind.proxy.swallow_answers_after("INSERT", k_cut_after_ms);
    try {
        tx.exec("INSERT INTO ops.config_item (key, value) VALUES ('a', 'b')");
        FAIL("no answer, and yet done");
    } catch (const db::InDoubt&) {
        FAIL("only a COMMIT can be in doubt");
    } catch (const db::Failure& failure) {
        CHECK(failure.exit() == Exit::unavailable);
    }
    CHECK(database.count("SELECT count(*) FROM ops.config_item") == 0);
}

TEST_CASE("a run whose end is in doubt writes it again") {
    const TempDatabase& database = test::fresh();
    Behind behind{database};
    observe::JobRun run(behind.settings(), {observe::new_run_id(), "match", "", "1"});
    behind.proxy.swallow_answers_after("COMMIT", k_cut_after_ms);
    run.close("done", 0, "{}", "");
    CHECK(behind.proxy.swallowed());
    CHECK(database.text("SELECT outcome FROM ops.job_run") == "done");
}

TEST_CASE("connect waits for a server that comes back") {
    const TempDatabase& database = test::fresh();
    Behind behind{database};
    behind.proxy.refuse(true);
    auto settings = behind.settings();
    settings.connect_wait = {};
    CHECK_THROWS_AS(db::connect(settings), db::Failure);
    settings.connect_wait = std::chrono::seconds(6); // tries at 0, 0.4, 1.2, 2.8 and 6 s
    const std::jthread back([&proxy = behind.proxy, before = behind.proxy.refused()] {
        while (proxy.refused() == before) // the first try
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        proxy.refuse(false);
    });
    const auto connection = db::connect(settings);
    CHECK(db::Transaction(*connection).exec("SELECT 1 AS n").only().integer("n") == 1);
}

TEST_CASE("a COPY out that is cut is a lost session, not an early end") {
    const TempDatabase& database = test::fresh();
    Behind behind{database};
    db::CopyOut copy(behind.settings(), "",
                     "SELECT n, repeat('x', 100) FROM generate_series(1, "
                     "1000000) n");
    CHECK_FALSE(copy.next().empty());
    behind.proxy.cut();
    try {
        while (!copy.next().empty()) {
        }
        FAIL("ended as if complete");
    } catch (const db::Failure& failure) {
        CHECK(failure.exit() == Exit::unavailable);
    }
}

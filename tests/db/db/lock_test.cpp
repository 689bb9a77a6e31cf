#include "core/db/lock.hpp"
#include "tests/db/db/fresh.hpp"
#include "tests/support/catch.hpp"

#include <thread>

using namespace harmonia;
using db::LockClass;
using db::SessionLock;
using namespace std::chrono_literals;

TEST_CASE("a session lock excludes another session until released") {
    const auto& database = test::fresh();
    const auto one = database.connect(), two = database.connect();
    {
        const auto held = SessionLock::acquire(*one, LockClass::match_merchant, "acme", 0ms);
        REQUIRE(held);
        CHECK_FALSE(SessionLock::acquire(*two, LockClass::match_merchant, "acme", 0ms));
        CHECK_FALSE(SessionLock::acquire(*two, LockClass::match_merchant, "acme", 60ms));
        CHECK(SessionLock::acquire(*two, LockClass::match_merchant, "other", 0ms));
        CHECK(SessionLock::acquire(*two, LockClass::purge, "acme", 0ms));
    }
    CHECK(SessionLock::acquire(*two, LockClass::match_merchant, "acme", 0ms));
}

TEST_CASE("a waiting session gets the lock when its holder goes") {
    const auto& database = test::fresh();
    const auto one = database.connect(), two = database.connect();
    auto held = SessionLock::acquire(*one, LockClass::purge, "x", 0ms);
    REQUIRE(held);
    bool got = false;
    std::jthread waiting(
        [&] { got = SessionLock::acquire(*two, LockClass::purge, "x", 60s).has_value(); });
    held.reset();
    waiting.join();
    CHECK(got);
}

TEST_CASE("a session lock survives the transactions of its session and a move") {
    const auto& database = test::fresh();
    const auto one = database.connect(), two = database.connect();
    std::optional<SessionLock> first = SessionLock::acquire(*one, LockClass::purge, "x", 0ms);
    std::optional<SessionLock> moved(std::move(*first));
    first.reset();
    db::Transaction(*one).exec("SELECT 1");
    CHECK_FALSE(SessionLock::acquire(*two, LockClass::purge, "x", 0ms));
    moved.reset();
    CHECK(SessionLock::acquire(*two, LockClass::purge, "x", 0ms));
}

TEST_CASE("a transaction lock ends with its transaction, and meets session locks") {
    const auto& database = test::fresh();
    const auto one = database.connect(), two = database.connect();
    {
        db::Transaction a(*one), b(*two);
        db::transaction_lock(a, LockClass::outbox_lane, "7");
        CHECK_FALSE(db::try_transaction_lock(b, LockClass::outbox_lane, "7"));
        CHECK(db::try_transaction_lock(b, LockClass::outbox_lane, "8"));
    }
    const auto held = SessionLock::acquire(*one, LockClass::outbox_lane, "7", 0ms);
    REQUIRE(held);
    db::Transaction b(*two);
    CHECK_FALSE(db::try_transaction_lock(b, LockClass::outbox_lane, "7"));
}

TEST_CASE("a lock's number never changes: two versions may run side by side") {
    const auto& database = test::fresh();
    const auto connection = database.connect();
    const auto held = SessionLock::acquire(*connection, LockClass::match_merchant, "acme", 0ms);
    // 0x4803 and the first four bytes of SHA-256("acme"), signed.
    CHECK(database.text("SELECT classid || ' ' || objid FROM pg_locks WHERE locktype = 'advisory'"
                        " AND database = (SELECT oid FROM pg_database"
                        "                 WHERE datname = current_database())") ==
          "18435 " + std::to_string(0x822b33adu));
}

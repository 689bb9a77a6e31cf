// One account's failure affects no other; rows of another shard; two processes at the same work.
#include "jobs/settle/accounts/store/foreign.hpp"
#include "tests/db/settle/authority.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <thread>

using namespace harmonia;
using test::Authority;
using test::Change;
using test::Prepare;

TEST_CASE("an account that makes its batch fail is parked, the others go on") {
    const Authority authority;
    for (long long creditor = 1; creditor <= 9; ++creditor)
        authority.configure(-1, creditor);
    std::vector<std::string> changes;
    for (long long creditor = 1; creditor <= 9; ++creditor)
        changes.push_back(Change{.creditor = creditor, .id = creditor}.body());
    REQUIRE(authority.take(changes).empty());
    authority.database.execute(
        "ALTER TABLE accounts.account ADD CONSTRAINT trouble CHECK (creditor_id <> 4 OR "
        "principal = 0)");
    const auto outcome = authority.settle();
    CHECK(outcome.exit == Exit::rejected);
    REQUIRE(outcome.parked.size() == 1);
    CHECK(outcome.parked.front().account == smp::AccountKey{-1, 4});
    CHECK(outcome.parked.front().error.find("23514") != std::string::npos);
    CHECK(authority.database.count("SELECT count(*) FROM accounts.account WHERE principal = 100") ==
          8);
    // Reported by every run, retried only on request.
    const auto again = authority.settle();
    CHECK(again.exit == Exit::rejected);
    CHECK(again.rows == 0);
    authority.database.execute("ALTER TABLE accounts.account DROP CONSTRAINT trouble");
    settle::accounts::Options options;
    options.database = authority.database.settings();
    options.settings = authority.settings;
    options.retry_parked = true;
    CHECK(settle::accounts::run(options).exit == Exit::done);
    CHECK(authority.of(-1, 4, "principal") == "100");
    CHECK(authority.broken().empty());
}

TEST_CASE("A-94 a shard's rows are verified; messages of another shard are refused") {
    Authority authority;
    authority.configure(-1, 1234);
    const auto connection = authority.database.connect();
    const auto realm = [](const char* text) { return *smp::Realm::parse(text); };
    CHECK(settle::accounts::foreign_rows(*connection, realm("0.#")).empty());
    CHECK(settle::accounts::foreign_rows(*connection, realm("1.#")).size() == 2);
    authority.settings.realm = realm("0.#");
    CHECK(authority.take({Prepare{.sender = 1}.body()}) == std::vector<std::string>{"other_realm"});
    authority.settings.strict_realm = true;
    CHECK_THROWS_AS(authority.take({Prepare{.sender = 1}.body()}), Error);
}

TEST_CASE("A-19 after a split, leftovers of the other half are dropped silently") {
    Authority authority;
    authority.fund(-1, {1, 1234}, 100);
    REQUIRE(authority.take({Prepare{.sender = 1, .min = 1, .max = 5}.body()}).empty());
    authority.settings.realm = *smp::Realm::parse("0.#");
    CHECK(authority.settle().foreign == 1);
    CHECK(authority.settle().exit == Exit::rejected);
    authority.settings.drop_parent_rows = true;
    CHECK(authority.settle().exit == Exit::done);
    CHECK(authority.published("PreparedTransfer").empty());
    authority.database.execute("UPDATE accounts.account SET pending_account_update = true");
    authority.settings.drop_parent_rows = false;
    authority.settings.realm = {};
    REQUIRE(authority.settle({"scan"}).counts.heartbeats ==
            3); // as if the parent had announced them
    authority.settings.realm = *smp::Realm::parse("0.#");
    authority.settings.drop_parent_rows = true;
    REQUIRE(authority.settle({"scan"}).exit == Exit::done);
    CHECK(authority.database.text("SELECT string_agg(key, ' ') FROM ops.outbox") == "-1/1234");
    CHECK(authority.of(-1, 1, "principal").empty());
    CHECK(authority.of(-1, 1234, "principal") == "100");
    const auto connection = authority.database.connect();
    CHECK(settle::accounts::foreign_rows(*connection, authority.settings.realm).empty());
    CHECK(authority.broken().empty());
}

TEST_CASE("two at the same work share it") {
    Authority authority;
    std::vector<std::int64_t> creditors;
    for (long long creditor = 1; creditor <= 40; ++creditor)
        creditors.push_back(creditor);
    authority.fund(-1, creditors, 1000);
    std::vector<std::string> bodies;
    for (long long i = 0; i < 2000; ++i)
        bodies.push_back(Prepare{.sender = 1 + i % 40,
                                 .min = 1,
                                 .max = 1,
                                 .request = i,
                                 .recipient = std::to_string(1 + (i + 7) % 40),
                                 .coordinator = 1 + i % 40}
                             .body());
    REQUIRE(authority.take(bodies).empty());
    authority.settings.batch_rows = 50;
    authority.settings.workers = 2;
    std::int64_t prepared = 0;
    {
        std::int64_t mine = 0, other = 0;
        std::jthread second([&] { other = authority.settle().counts.prepared; });
        mine = authority.settle().counts.prepared;
        second.join();
        prepared = mine + other;
    }
    prepared += authority.settle().counts.prepared; // what each left to the other at the end
    CHECK(prepared == 2000);
    CHECK(authority.published("PreparedTransfer").size() == 2000);
    CHECK(authority.database.count("SELECT count(*) FROM accounts.prepared_transfer") == 2000);
    CHECK(authority.broken().empty());
}

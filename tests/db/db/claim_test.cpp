#include "core/claim/claim.hpp"
#include "tests/db/db/fresh.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <thread>

using namespace harmonia;
using namespace std::chrono_literals;
using test::TempDatabase;

namespace {

const claim::Table k_table{"s.parcel"};

void create_parcels(const TempDatabase& database, int n) {
    database.execute(
        "CREATE SCHEMA s; CREATE TABLE s.parcel (id bigint PRIMARY KEY,"
        " provider_slug text, retry_count int NOT NULL DEFAULT 0, retry_at timestamptz,"
        " failure_reason text, lease_owner text, lease_until timestamptz);"
        "INSERT INTO s.parcel SELECT n, 'acme' FROM generate_series(1, " +
        std::to_string(n) + ") n");
}

struct Worker {
    const TempDatabase& database;
    std::string name;
    std::unique_ptr<db::Connection> connection = database.connect();

    std::vector<claim::Claimed> claim(int limit, std::chrono::milliseconds lease = 1h) {
        db::Transaction tx(*connection);
        auto out = claim::claim_due(tx, k_table, "acme", name, lease, limit);
        tx.commit(Failpoint::export_claim_commit);
        return out;
    }
    template <typename F>
    auto in_transaction(F&& act) {
        db::Transaction tx(*connection);
        auto out = act(tx);
        tx.commit(Failpoint::export_delivered_commit);
        return out;
    }
};

std::vector<std::int64_t> ids(const std::vector<claim::Claimed>& claimed) {
    std::vector<std::int64_t> out;
    for (const auto& c : claimed)
        out.push_back(c.id);
    return out;
}

using Ids = std::vector<std::int64_t>;

} // namespace

TEST_CASE("two workers at once: each row is claimed once") {
    const TempDatabase& database = test::fresh();
    create_parcels(database, 2000);
    Ids first, second;
    const auto work = [&](const std::string& name, Ids& into) {
        Worker worker{database, name};
        for (auto got = worker.claim(7); !got.empty(); got = worker.claim(7))
            for (const auto& c : got)
                into.push_back(c.id);
    };
    std::jthread other([&] { work("two", second); });
    work("one", first);
    other.join();
    CHECK(first.size() + second.size() == 2000);
    first.insert(first.end(), second.begin(), second.end());
    std::sort(first.begin(), first.end());
    CHECK(std::unique(first.begin(), first.end()) == first.end());
}

TEST_CASE("rows are skipped while another transaction is claiming them") {
    const TempDatabase& database = test::fresh();
    create_parcels(database, 4);
    Worker one{database, "one"}, two{database, "two"};
    db::Transaction open(*one.connection);
    CHECK(claim::claim_due(open, k_table, "acme", "one", 1h, 2).size() == 2);
    CHECK(ids(two.claim(10)) == Ids{3, 4});
}

TEST_CASE("only due rows of the target are claimed, in order of id") {
    const TempDatabase& database = test::fresh();
    create_parcels(database, 5);
    database.execute("UPDATE s.parcel SET provider_slug = 'other' WHERE id = 2;"
                     "UPDATE s.parcel SET retry_at = now() + interval '1 hour' WHERE id = 3;"
                     "UPDATE s.parcel SET retry_at = now() - interval '1 ms', retry_count = 4"
                     " WHERE id = 4");
    Worker worker{database, "one"};
    const auto got = worker.claim(10);
    CHECK(ids(got) == Ids{1, 4, 5});
    CHECK(got[0].attempt == 0);
    CHECK(got[1].attempt == 5); // a retry that came due counts one more
    CHECK(database.text("SELECT retry_at FROM s.parcel WHERE id = 4").empty());
    CHECK(worker.claim(10).empty());
}

TEST_CASE("an expired lease is claimed by another, at the same attempt; the late owner is told") {
    const TempDatabase& database = test::fresh();
    create_parcels(database, 2);
    Worker late{database, "late"}, next{database, "next"};
    CHECK(ids(late.claim(10)) == Ids{1, 2});
    CHECK(next.claim(10).empty());
    database.execute("UPDATE s.parcel SET lease_until = now() WHERE id = 1");
    const auto got = next.claim(10);
    REQUIRE(ids(got) == Ids{1});
    CHECK(got[0].attempt == 0);
    CHECK(late.in_transaction([&](db::Transaction& tx) {
        return claim::still_held(tx, k_table, "late", {1, 2});
    }) == Ids{2});
    CHECK(late.in_transaction([&](db::Transaction& tx) {
        return claim::remove(tx, k_table, "late", {1, 2});
    }) == Ids{2});
    CHECK(database.count("SELECT count(*) FROM s.parcel") == 1);
}

TEST_CASE("renewing, putting off and giving back") {
    const TempDatabase& database = test::fresh();
    create_parcels(database, 3);
    Worker one{database, "one"}, two{database, "two"};
    one.claim(3);
    CHECK(one.in_transaction([&](db::Transaction& tx) {
        return claim::renew(tx, k_table, "one", {1}, 48h);
    }) == Ids{1});
    CHECK(database.count("SELECT (lease_until > now() + interval '47 hours')::int FROM s.parcel"
                         " WHERE id = 1") == 1);

    const claim::Instant when = std::chrono::sys_days(std::chrono::year(2099) / 1 / 2) + 3us;
    CHECK(one.in_transaction([&](db::Transaction& tx) {
        return claim::put_off(tx, k_table, "one", {2}, when, "refused:\n503");
    }) == Ids{2});
    CHECK(database.text("SELECT retry_at || ' ' || failure_reason || ' ' || retry_count"
                        " || coalesce(lease_owner, '') FROM s.parcel WHERE id = 2") ==
          "2099-01-02 00:00:00.000003+00 refused:\\x0A503 0");

    CHECK(one.in_transaction([&](db::Transaction& tx) {
        return claim::give_back(tx, k_table, "one", {3});
    }) == Ids{3});
    const auto got = two.claim(10);
    CHECK(ids(got) == Ids{3});
    CHECK(got[0].attempt == 0);
    CHECK(two.in_transaction([&](db::Transaction& tx) {
        return claim::put_off(tx, k_table, "two", {1, 2, 3}, when, "");
    }) == Ids{3}); // not those of others
}

TEST_CASE("a claim that was not committed claims nothing") {
    const TempDatabase& database = test::fresh();
    create_parcels(database, 1);
    Worker one{database, "one"}, two{database, "two"};
    {
        db::Transaction tx(*one.connection);
        CHECK(claim::claim_due(tx, k_table, "acme", "one", 1h, 1).size() == 1);
    }
    CHECK(ids(two.claim(1)) == Ids{1});
}

TEST_CASE("the pending exports of the schema can be claimed with the usual names") {
    const TempDatabase& database = test::fresh();
    const auto connection = database.connect();
    db::Transaction tx(*connection);
    CHECK(claim::claim_due(tx, {"harmonia.pending_export"}, "acme", "one", 1h, 1).empty());
    CHECK_THROWS_AS(claim::claim_due(tx, {"x; DROP TABLE y"}, "a", "b", 1h, 1), Error);
}

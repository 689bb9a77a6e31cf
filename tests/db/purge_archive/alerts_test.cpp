// What `purge-archive screening` removes of alerts.
#include "jobs/purge_archive/run.hpp"
#include "tests/support/audit.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

#include <fmt/format.h>

#include <map>

using namespace harmonia;
using test::TempDatabase;

namespace {

struct World {
    TempDatabase database;
    test::TempDir directory;

    /// An alert `days` old, notified at once by one delivery; all with the number `id`.
    void notified(int id, int days) const {
        const std::string at = fmt::format("date_trunc('day', now(), 'UTC') - interval '{} days' + "
                                           "interval '12 hours'",
                                           days);
        const std::string uuid = fmt::format("'00000000-0000-4000-8000-{:012}'", id);
        database.execute(fmt::format(
            "INSERT INTO screening.alert (id, kind, severity, at, source, labels, fingerprint, "
            "summary, received_at, decided_at, last_seen) VALUES ({1}, 'k', 'info', {2}, 'x', "
            "'{{}}', 'f', '{0}', {2}, {2}, {2});"
            "INSERT INTO screening.alert_group (id, group_key, route, labels, number, last_sent) "
            "OVERRIDING SYSTEM VALUE VALUES ({0}, '{0}', '0', '{{}}', 1, {2});"
            "INSERT INTO screening.alert_member VALUES ({0}, {1}, 1);"
            "INSERT INTO screening.notification (id, group_id, number, reason, members, created_at)"
            " OVERRIDING SYSTEM VALUE VALUES ({0}, {0}, 1, 'first', ARRAY[{1}::uuid], {2});"
            "INSERT INTO screening.delivery (id, notification_id, channel, target, idempotency_key,"
            " severity, payload, final, created_at, ended_at) OVERRIDING SYSTEM VALUE VALUES "
            "({0}, {0}, 'c', 't', '{0}', 'info', '{{}}', 'dead', {2}, {2});"
            "INSERT INTO screening.silence (id, matchers, starts_at, ends_at, author, comment) "
            "OVERRIDING SYSTEM VALUE VALUES ({0}, '{{}}', {2} - interval '1 h', {2}, 'a', 'c')",
            id, uuid, at));
    }
    [[nodiscard]] std::map<std::string, std::int64_t> purge(bool dry_run) const {
        purge_archive::Plan plan;
        plan.areas = purge_archive::parse_areas({"screening"});
        plan.folders = {directory.path() + "/archive"};
        plan.imports = directory.path() + "/imports";
        plan.dry_run = dry_run;
        const auto outcome = purge_archive::run(database.settings(), plan);
        return {outcome.counts.begin(), outcome.counts.end()};
    }
    [[nodiscard]] std::string left(const std::string& table,
                                   const std::string& column = "id") const {
        return database.text(
            fmt::format("SELECT coalesce(string_agg({0}::text, ' ' ORDER BY {0}), '') FROM "
                        "screening.{1}",
                        column, table));
    }
};

} // namespace

TEST_CASE("alerts go with their groups, messages and silences when their reasons go") {
    const World world;
    world.notified(1, 399);
    world.notified(2, 402);
    world.notified(3, 500); // still to be sent
    world.database.execute(
        "UPDATE screening.delivery SET final = NULL, ended_at = NULL WHERE id = 3");
    world.notified(4, 500); // a member still to be notified
    world.database.execute("UPDATE screening.alert_member SET notified = NULL WHERE group_id = 4;"
                           "UPDATE screening.alert_group SET next_at = now() WHERE id = 4");
    world.notified(5, 500); // still firing
    world.database.execute("UPDATE screening.alert SET ends_at = now() WHERE summary = '5'");
    world.notified(6, 500); // not decided
    world.database.execute("UPDATE screening.alert SET decided_at = NULL WHERE summary = '6'");
    world.notified(7, 500); // seen again recently
    world.database.execute("UPDATE screening.alert SET last_seen = now() WHERE summary = '7'");

    const auto foreseen = world.purge(true);
    CHECK(world.left("alert", "summary") == "1 2 3 4 5 6 7");
    const auto gone = world.purge(false);
    CHECK(gone == foreseen);
    CHECK(world.left("alert", "summary") == "1 3 4 5 6 7");
    CHECK(world.left("alert_group") == "1 3 4 5 6 7");
    CHECK(world.left("alert_member", "group_id") == "1 3 4 5 6 7");
    CHECK(world.left("notification") == "1 3");
    CHECK(world.left("delivery") == "1 3");
    CHECK(world.left("silence") == "1");
    CHECK(gone.at("alert") == 1);
    CHECK(world.purge(false).at("alert") == 0);
    test::check_audit(world.database, "screening");
}

// What a purge removes, and what it keeps.
#include "core/db/lock.hpp"
#include "jobs/purge_archive/load_tables.hpp"
#include "jobs/purge_archive/run.hpp"
#include "tests/support/audit.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>

using namespace harmonia;
using purge_archive::Area;
using test::TempDatabase;
namespace fs = std::filesystem;

namespace {

/// Rows of known age; `id` keeps their keys apart.
struct World {
    TempDatabase database;
    test::TempDir directory;

    void payment(int id, int days, const char* status, const char* screen = "NONE") const {
        database.execute(fmt::format(
            "INSERT INTO payment_transaction OVERRIDING SYSTEM VALUE SELECT (r).* FROM (SELECT "
            "jsonb_populate_record(NULL::payment_transaction, jsonb_build_object('id', {0}, "
            "'provider_slug', 'visa', 'feed_type', 'SETTLED', 'transaction_id', 'p{0}', "
            "'merchant_slug', 'costa', 'merchant_identifier_ids', '{{}}', 'mid', '1', "
            "'transaction_date', now(), 'has_time', true, 'spend_amount', 1, 'spend_multiplier', "
            "100, 'spend_currency', 'GBP', 'card_token', 't', 'auth_code', '', 'approval_code', "
            "'', 'extra_fields', '{{}}'::jsonb, 'batch_id', 1, 'record_no', {0}, 'stage', 'NEW', "
            "'screen', '{3}', 'status', '{2}', 'created_at', {1})) AS r) v",
            id, ago(days), status, screen));
    }
    void scheme(int id, int days, const char* status) const {
        database.execute(fmt::format(
            "INSERT INTO scheme_transaction (id, provider_slug, transaction_id, "
            "payment_provider_slug, merchant_identifier_ids, mids, transaction_date, spend_amount, "
            "spend_currency, batch_id, record_no, status, created_at) OVERRIDING SYSTEM VALUE "
            "VALUES ({0}, 'costa', 's{0}', '', '{{}}', '{{}}', now(), 1, 'GBP', 1, {0}, '{2}', "
            "{1})",
            id, ago(days), status));
    }
    void match(int id, int days, int payment_id, int scheme_id, bool undone = false) const {
        database.execute(fmt::format(
            "INSERT INTO matched_transaction (id, merchant_slug, mid, transaction_id, "
            "transaction_date, spend_amount, spend_currency, card_token, matching_type, status, "
            "payment_transaction_id, scheme_transaction_id, run_id, undone_at, created_at) "
            "OVERRIDING SYSTEM VALUE VALUES ({0}, 'costa', '1', 's{3}', now(), 1, 'GBP', 't', "
            "'LOYALTY', 'EXPORTED', {2}, {3}, gen_random_uuid(), {4}, {1})",
            id, ago(days), payment_id, scheme_id, undone ? "now()" : "NULL"));
    }
    void exported(int id, int days, int match_id, const char* status, bool pending) const {
        database.execute(fmt::format(
            "INSERT INTO export_transaction (id, provider_slug, matched_transaction_id, "
            "transaction_id, transaction_date, spend_amount, spend_currency, mid, "
            "primary_identifier, payment_provider_slug, status, created_at) OVERRIDING SYSTEM "
            "VALUE "
            "VALUES ({0}, 'costa', {2}, 'e', now(), 1, 'GBP', '1', '1', 'visa', '{3}', {1})",
            id, ago(days), match_id, status));
        if (pending)
            database.execute(fmt::format("INSERT INTO pending_export (provider_slug, "
                                         "export_transaction_id) VALUES ('costa', {})",
                                         id));
    }
    void guard(const char* id, int days, const char* type = "SETTLED", int record = 0) const {
        database.execute(fmt::format(
            "INSERT INTO import_transaction (provider_slug, feed_type, transaction_id, batch_id, "
            "record_no, identified, stored, created_at) VALUES ('{3}', '{2}', '{0}', 1, {4}, true, "
            "true, {1})",
            id, ago(days), type, std::string_view(type) == "MERCHANT" ? "costa" : "visa", record));
    }

    /// Noon UTC, `days` days ago.
    static std::string ago(int days) {
        return fmt::format("date_trunc('day', now(), 'UTC') - interval '{} days' + "
                           "interval '12 hours'",
                           days);
    }

    [[nodiscard]] purge_archive::Plan plan(const std::vector<std::string>& areas = {}) const {
        purge_archive::Plan plan;
        plan.areas = purge_archive::parse_areas(areas);
        plan.folders = {directory.path() + "/archive", directory.path() + "/rejected"};
        plan.imports = directory.path() + "/imports";
        return plan;
    }
    [[nodiscard]] std::map<std::string, std::int64_t> purge(const purge_archive::Plan& what) const {
        const auto outcome = purge_archive::run(database.settings(), what);
        CHECK(outcome.busy == 0);
        return {outcome.counts.begin(), outcome.counts.end()};
    }
    [[nodiscard]] std::string ids(const char* table) const {
        return database.text(fmt::format(
            "SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM {}", table));
    }
};

} // namespace

TEST_CASE(
    "M-89 retention of 60 days: 61 days old is gone, 59 days old kept, pendings do not block") {
    const World world;
    for (const int days : {61, 60, 59}) {
        world.payment(days, days, "MATCHED");
        world.scheme(days, days, "MATCHED");
        world.match(days, days, days, days);
        world.exported(days, days, days, "EXPORTED", false);
    }
    world.payment(100, 300, "MATCHED");
    world.scheme(100, 300, "MATCHED");
    world.match(100, 300, 100, 100);
    world.exported(100, 300, 100, "PENDING", true);

    auto plan = world.plan();
    plan.dry_run = true;
    const auto foreseen = world.purge(plan);
    CHECK(world.ids("payment_transaction") == "59 60 61 100");
    plan.dry_run = false;
    const auto gone = world.purge(plan);
    CHECK(gone == foreseen);
    CHECK(gone.at("payment_transaction") == 1);
    for (const char* table : {"payment_transaction", "scheme_transaction", "matched_transaction",
                              "export_transaction"}) {
        INFO(table);
        CHECK(gone.at(table) == 1);
        CHECK(world.ids(table) == "59 60 100");
    }
    CHECK(world.purge(plan).at("payment_transaction") == 0);
}

TEST_CASE("PENDING rows stay while they may still match, and what is held for a verdict stays") {
    const World world;
    world.payment(1, 13, "PENDING");
    world.payment(2, 16, "PENDING");
    world.payment(3, 16, "PENDING", "REVIEW");
    world.payment(4, 6, "SWEPT");
    world.payment(5, 4, "SWEPT");
    world.payment(6, 6, "MERGED");
    world.scheme(1, 13, "PENDING");
    world.scheme(2, 16, "PENDING");
    auto plan = world.plan({"transactions"});
    plan.retention.older_than = 5;
    const auto gone = world.purge(plan);
    CHECK(gone.at("payment_transaction") == 3);
    CHECK(world.ids("payment_transaction") == "1 3 5");
    CHECK(world.ids("scheme_transaction") == "1");
    CHECK(gone.size() == 2);
}

TEST_CASE("a match goes only after its exports, its rows only with the match") {
    const World world;
    world.payment(1, 90, "MATCHED");
    world.scheme(1, 90, "MATCHED");
    world.match(1, 90, 1, 1);
    world.exported(1, 10, 1, "EXPORTED", false);
    world.payment(2, 90, "MATCHED");
    world.scheme(2, 90, "MATCHED");
    world.match(2, 10, 2, 2);
    world.match(3, 90, 3, 3);
    world.exported(3, 90, 3, "EXPORT_FAILED", false);
    world.exported(4, 90, 4, "PENDING", false);
    static_cast<void>(world.purge(world.plan()));
    CHECK(world.ids("matched_transaction") == "1 2");
    CHECK(world.ids("payment_transaction") == "1 2");
    CHECK(world.ids("scheme_transaction") == "1 2");
    CHECK(world.ids("export_transaction") == "1 4");
}

TEST_CASE("a match undone by hand bars its pair as long as the payment may match again") {
    const World world;
    world.payment(1, 8, "PENDING");
    world.match(1, 8, 1, 1, true);
    world.payment(2, 8, "MATCHED");
    world.match(2, 8, 2, 2, true);
    auto plan = world.plan();
    plan.retention.older_than = 5;
    static_cast<void>(world.purge(plan));
    CHECK(world.ids("matched_transaction") == "1");
    CHECK(world.ids("payment_transaction") == "1");
}

TEST_CASE("guards are kept 400 days, and longer than what they guard") {
    const World world;
    world.guard("old", 401);
    world.guard("young", 399);
    world.guard("p7", 500);
    world.payment(7, 500, "MATCHED");
    world.match(7, 500, 7, 7);
    world.exported(7, 500, 7, "PENDING", true);
    world.guard("auth", 500, "AUTH", 8);
    world.payment(8, 500, "MATCHED");
    world.match(8, 500, 8, 8);
    world.exported(8, 500, 8, "PENDING", true);
    world.database.execute("UPDATE payment_transaction SET promoted_at = now() WHERE id = 8");
    world.guard("s7", 500, "MERCHANT");
    world.scheme(7, 500, "MATCHED");
    world.guard("s6", 500, "MERCHANT");
    CHECK(world.purge(world.plan()).at("import_transaction") == 2);
    CHECK(world.database.text("SELECT string_agg(transaction_id, ' ' ORDER BY transaction_id) FROM "
                              "import_transaction") == "auth p7 s7 young");
}

TEST_CASE("open rejects and dead letters stay, closed ones are purged") {
    const World world;
    for (const char* state : {"open", "retried", "dismissed"})
        world.database.execute(fmt::format(
            "INSERT INTO ops.reject (batch_id, feed, source, record_no, code, raw, state, "
            "created_at) VALUES (1, 'f', 's', length('{0}'), 'c', 'r', '{0}', {1})",
            state, World::ago(61)));
    for (const char* state : {"open", "replayed", "dismissed"})
        world.database.execute(fmt::format(
            "INSERT INTO ops.dead_letter (feed, queue, body, body_sha256, code, state, created_at) "
            "VALUES ('f', 'q', '', '', 'c', '{0}', {1})",
            state, World::ago(61)));
    const auto gone = world.purge(world.plan({"rejects"}));
    CHECK(gone.at("reject") == 2);
    CHECK(gone.at("dead_letter") == 2);
    CHECK(world.database.text("SELECT state FROM ops.reject") == "open");
    CHECK(world.database.text("SELECT state FROM ops.dead_letter") == "open");
}

TEST_CASE("batches are kept like guards, and while a reject refers to them") {
    const World world;
    const auto batch = [&](const char* state, const char* sha, int days) {
        world.database.execute(fmt::format(
            "INSERT INTO ops.import_batch (feed, source, match_group, file_sha256, state, "
            "closed_at) VALUES ('f', 's', '', {1}, '{0}', {2})",
            state, sha, World::ago(days)));
    };
    batch("archived", "'a'", 401); // 1: goes
    batch("archived", "'b'", 399);
    batch("refused", "'c'", 401); // 3: goes
    batch("loaded", "'d'", 401);  // its file is not archived yet
    batch("loaded", "NULL", 401); // 5: messages have no file, goes
    batch("open", "'e'", 401);
    batch("archived", "'f'", 401); // 7: has a reject
    world.database.execute("INSERT INTO ops.reject (batch_id, feed, source, record_no, code, raw) "
                           "VALUES (7, 'f', 's', 1, 'c', 'r')");
    CHECK(world.purge(world.plan({"guards"})).at("import_batch") == 3);
    CHECK(world.ids("ops.import_batch") == "2 4 6 7");
}

TEST_CASE("partitions that end before the cut-off are dropped, the reasons' much later") {
    const World world;
    const auto partition = [&](const char* parent, const char* name, int from, int to) {
        world.database.execute(fmt::format(
            "DO $$ BEGIN EXECUTE format('CREATE TABLE {1} PARTITION OF {0} FOR VALUES FROM (%L) TO "
            "(%L)', date_trunc('day', now(), 'UTC') - interval '{2} days', date_trunc('day', "
            "now(), "
            "'UTC') - interval '{3} days'); END $$",
            parent, name, from, to));
    };
    partition("harmonia.import_record", "harmonia.import_record_y2000w01", 68, 61);
    partition("harmonia.import_record", "harmonia.import_record_y2000w02", 61, 54);
    partition("harmonia.match_reason", "harmonia.match_reason_y2000w01", 399, 392);
    partition("harmonia.match_reason", "harmonia.match_reason_y2000w02", 409, 401);
    const auto names = [&] {
        return world.database.text("SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class "
                                   "WHERE relkind = 'r' AND relname LIKE '%y2000w%'");
    };
    auto plan = world.plan();
    plan.dry_run = true;
    CHECK(world.purge(plan).at("partitions") == 2);
    plan.dry_run = false;
    const auto gone = world.purge(plan);
    CHECK(gone.at("partitions") == 2);
    CHECK(gone.at("partition_bytes") > 0);
    CHECK(names() == "import_record_y2000w02 match_reason_y2000w01");
}

TEST_CASE("facts within the window of a judging rule set stay, with their verdicts and labels") {
    const World world;
    const auto fact = [&](int id, int days) {
        world.database.execute(fmt::format(
            "INSERT INTO screening.fact (payment_id, source, feed_type, external_id, batch_id, "
            "ruleset, event_us, received_at, kind, amount_minor, currency) SELECT "
            "{0}, 'visa', 'AUTH', 'p{0}', {0}, 'cards', extract(epoch FROM {1}) * 1000000, {1}, "
            "'purchase', 1, 'GBP';"
            "INSERT INTO screening.standing (payment_id, ruleset, state_version, current_verdict) "
            "VALUES ({0}, 'cards', 1, {0});"
            "INSERT INTO screening.verdict (id, payment_id, run, ruleset, version, rev, is_shadow, "
            "outcome, score, decided_by, digest, decided_at) VALUES ({0}, {0}, 1, 'cards', 1, 1, "
            "false, 'approved', 0, 'score', '', {1});"
            "INSERT INTO screening.label (payment_id, label, source, known_at) VALUES ({0}, "
            "'fraud', 'analyst', {1});"
            "INSERT INTO ops.import_batch (id, feed, source, match_group, file_sha256, state, "
            "close_seq, closed_at) OVERRIDING SYSTEM VALUE VALUES ({0}, 'f', 's', '', 'x{0}', "
            "'archived', {0}, {1})",
            id, World::ago(days)));
    };
    const auto ruleset = [&](int version, const char* status, int days) {
        world.database.execute(fmt::format(
            "INSERT INTO screening.rule_set (name, version, digest, yaml, status, submitted_by, "
            "lookback_us) VALUES ('cards', {}, '', '', '{}', 'a', {} * 86400000000)",
            version, status, days));
    };
    const auto purged = [&] {
        auto plan = world.plan({"screening", "guards"});
        plan.dry_run = true;
        const auto foreseen = world.purge(plan);
        plan.dry_run = false;
        CHECK(world.purge(plan) == foreseen);
        const auto left = [&](const char* column, const char* table) {
            return world.database.text(
                fmt::format("SELECT coalesce(string_agg({0}::text, ' ' ORDER BY {0}), '') FROM {1}",
                            column, table));
        };
        const std::string facts = left("payment_id", "screening.fact");
        CHECK(left("payment_id", "screening.verdict") == facts);
        CHECK(left("payment_id", "screening.label") == facts);
        CHECK(left("payment_id", "(SELECT payment_id FROM screening.standing UNION ALL SELECT "
                                 "payment_id FROM screening.waiting) s") == facts);
        CHECK(left("id", "ops.import_batch") == facts);
        test::check_audit(world.database, "screening");
        return facts;
    };
    for (const int days : {399, 402, 440, 480, 520, 560, 600})
        fact(days, days);
    ruleset(1, "retired", 10'000);
    ruleset(2, "live", 500);
    ruleset(3, "approved", 550);
    world.payment(30, 30, "PENDING", "HELD"); // its own window begins before today's
    fact(30, 30);
    world.database.execute(
        "DELETE FROM screening.standing WHERE payment_id = 30;"
        "INSERT INTO screening.waiting SELECT payment_id, 'cards', event_us, batch_id "
        "FROM screening.fact WHERE payment_id = 30;"
        "DELETE FROM screening.verdict WHERE payment_id = 30");
    world.database.execute(
        "INSERT INTO screening.rule_shadow (ruleset, version, until, started_by) "
        "VALUES ('cards', 3, now() + interval '1 day', 'a')");
    const auto only = [&](const char* facts) {
        INFO(facts);
        world.database.execute(
            "INSERT INTO screening.verdict (id, payment_id, run, ruleset, "
            "version, rev, is_shadow, outcome, score, decided_by, digest) VALUES "
            "(1, 30, 1, 'x', 1, 1, true, 'approved', 0, '', '') "
            "ON CONFLICT DO NOTHING"); // keeps the lists alike
        CHECK(purged() == facts);
    };
    only("30 399 402 440 480 520 560"); // shadow: 550 days before the held payment of 30 days ago
    world.database.execute("UPDATE screening.rule_shadow SET until = now()");
    only("30 399 402 440 480 520"); // live: 500 days before it
    world.database.execute("UPDATE harmonia.payment_transaction SET screen = 'APPROVED'");
    world.database.execute(
        "DELETE FROM screening.waiting; UPDATE screening.fact SET ruleset = 'x' WHERE payment_id = "
        "30; INSERT INTO screening.standing (payment_id, ruleset, state_version, current_verdict) "
        "VALUES (30, 'x', 1, 1)");
    only("30 399 402 440 480");
    world.database.execute("UPDATE screening.rule_set SET status = 'retired' WHERE version = 2");
    only("30 399"); // nothing judges: only the reasons' time counts
}

TEST_CASE("every table partitioned by time has a retention") {
    const World world;
    std::string names;
    for (const auto& table : purge_archive::partitioned({}))
        names += world.database.text("SELECT CASE WHEN EXISTS (SELECT FROM ops.partition_policy "
                                     "WHERE parent = '" +
                                     table.name + "') THEN 'known ' ELSE 'unknown ' END");
    CHECK(names.find("unknown") == std::string::npos);
    CHECK(world.database.count("SELECT count(*) FROM ops.partition_policy") ==
          static_cast<long long>(purge_archive::partitioned({}).size()));
}

TEST_CASE("archived files are removed by the date of their folder, with empty folders") {
    const World world;
    const fs::path base = world.directory.path();
    const std::string today = world.database.text("SELECT to_char(now() AT TIME ZONE 'UTC', "
                                                  "'YYYY-MM-DD')");
    const auto put = [&](const std::string& name) {
        fs::create_directories((base / name).parent_path());
        std::ofstream(base / name) << "x";
    };
    put("archive/2020-01-01/visa/a.csv");
    put("archive/" + today + "/visa/b.csv");
    put("rejected/2020-01-01/c.csv");
    put("rejected/d.csv"); // changed just now
    put("imports/2020-01-01/e.csv");
    fs::create_symlink(base / "imports", base / "archive" / "2020-01-02");

    auto plan = world.plan({"files"});
    plan.dry_run = true;
    CHECK(world.purge(plan).at("files") == 2);
    CHECK(fs::exists(base / "archive/2020-01-01/visa/a.csv"));
    plan.dry_run = false;
    CHECK(world.purge(plan).at("files") == 2);
    CHECK_FALSE(fs::exists(base / "archive/2020-01-01"));
    CHECK(fs::exists(base / "archive" / today / "visa/b.csv"));
    CHECK(fs::exists(base / "rejected/d.csv"));
    CHECK(fs::exists(base / "imports/2020-01-01/e.csv"));
}

TEST_CASE("no file is removed below a folder that contains the imports") {
    const World world;
    auto plan = world.plan({"files"});
    for (const char* folder : {"", "/..", "/imports"}) {
        plan.folders = {world.directory.path() + folder};
        INFO(folder);
        try {
            static_cast<void>(purge_archive::run(world.database.settings(), plan));
            FAIL_CHECK("ran");
        } catch (const Error& error) {
            CHECK(error.exit() == Exit::config);
        }
    }
}

TEST_CASE("a second purge at the same time exits with try again later") {
    const World world;
    const auto other = world.database.connect();
    const auto lock = db::SessionLock::acquire(*other, db::LockClass::purge, "purge-archive",
                                               std::chrono::milliseconds(0));
    REQUIRE(lock);
    try {
        static_cast<void>(purge_archive::run(world.database.settings(), world.plan()));
        FAIL_CHECK("ran");
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::try_again);
    }
}

TEST_CASE("a purge covers a table larger than one slice, and skips rows in use") {
    const World world;
    world.database.execute(
        "INSERT INTO import_transaction SELECT 'visa', 'AUTH', 'x' || i, 1, i, true, true, "
        "CASE WHEN i % 2 = 0 THEN now() - interval '500 days' ELSE now() END "
        "FROM generate_series(1, 40000) i");
    const auto other = world.database.connect();
    db::Transaction holder(*other);
    holder.exec("SELECT FROM import_transaction WHERE transaction_id = 'x40000' FOR UPDATE");
    CHECK(world.purge(world.plan({"guards"})).at("import_transaction") == 19'999);
    holder.rollback();
    CHECK(world.purge(world.plan({"guards"})).at("import_transaction") == 1);
    CHECK(world.database.count("SELECT count(*) FROM import_transaction") == 20'000);
}

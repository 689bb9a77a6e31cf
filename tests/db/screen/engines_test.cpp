// The same verdicts for all engines, numbers of threads, chunks and orders of import, and in
// replays and explanations.
#include "jobs/screen/manage/explain_run.hpp"
#include "tests/db/screen/world.hpp"
#include "tests/support/files.hpp"

#include <algorithm>
#include <random>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

/// The shipped example rule set, all 18 rules and 15 features.
std::string shipped() {
    return test::file_text("scripts/screening/cards.yaml");
}

struct Row {
    std::string id, time;
    Columns columns;
};

/// Seeded payments that share cards, customers, merchants, addresses and devices.
std::vector<Row> busy_day(int count) {
    std::mt19937 random(7);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    std::vector<Row> rows;
    for (int i = 0; i < count; ++i) {
        Row row;
        row.id = fmt::format("t{:03}", i);
        row.time = fmt::format("{:02}:{:02}:{:02}", 9 + pick(3), pick(60), pick(4) * 15);
        row.columns = {
            {"card_id", fmt::format("(SELECT id FROM screening.card_ref WHERE pan_hmac = "
                                    "sha256('card {}'))",
                                    1 + pick(4))},
            {"customer", fmt::format("'c{}'", pick(4))},
            {"merchant", fmt::format("'m{}'", pick(3))},
            {"terminal", fmt::format("'t{}'", pick(3))},
            {"ip", fmt::format("'10.0.0.{}'", pick(3))},
            {"device", pick(3) == 0 ? "NULL" : fmt::format("'d{}'", pick(3))},
            {"mcc", pick(5) == 0 ? "'6051'" : "'5411'"},
            {"card_country", "'DE'"},
            {"ip_country", pick(4) == 0 ? "'US'" : "'DE'"},
            {"channel", pick(2) == 0 ? "'pos'" : "'ecom'"},
            {"lat", std::to_string(48'000'000 + pick(9) * 1'000'000)},
            {"lon", "2352200"},
            {"amount_minor", std::to_string(pick(4) == 0 ? 150 : 1000 + pick(90000))}};
        rows.push_back(std::move(row));
    }
    return rows;
}

void fill(World& world, const std::vector<Row>& rows, std::size_t a_batch) {
    for (int number = 1; number <= 4; ++number)
        static_cast<void>(world.card(number));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (i % a_batch == 0)
            world.batch();
        world.payment(rows[i].id, rows[i].time, rows[i].columns);
    }
    world.database.execute(
        "INSERT INTO screening.label (payment_id, label, source, known_at) SELECT payment_id, "
        "'fraud', 'chargeback', '2026-02-01Z' FROM screening.fact WHERE external_id < 't010'");
}

/// Equal keys within a minute, many in one second, some missing; some amounts have twelve digits.
std::vector<Row> tied_minute(int count) {
    std::mt19937 random(11);
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const auto text = [&](const char* letter, int n) {
        const int which = pick(n + 1);
        return which == n ? "NULL" : fmt::format("'{}{}'", letter, which);
    };
    std::vector<Row> rows;
    for (int i = 0; i < count; ++i)
        rows.push_back(
            {fmt::format("t{:03}", i),
             fmt::format("09:00:{:02}", pick(60)),
             {{"ruleset", "'aggregates'"},
              {"card_id", pick(6) == 0 ? "NULL"
                                       : fmt::format("(SELECT id FROM screening.card_ref "
                                                     "WHERE pan_hmac = sha256('card "
                                                     "{}'))",
                                                     1 + pick(4))},
              {"customer", text("c", 3)},
              {"merchant", text("m", 2)},
              {"terminal", text("t", 2)},
              {"ip", pick(6) == 0 ? "NULL" : fmt::format("'10.0.0.{}'", pick(2))},
              {"currency", pick(12) == 0 ? "'USD'" : "'EUR'"},
              {"amount_minor",
               pick(9) == 0 ? "999999999999999" : std::to_string(50 + 50 * pick(6))}}});
    return rows;
}

/// Verdicts, digests, hits and states; the last fifth is judged after the others have verdicts.
std::string judged_by(Engine engine, const std::string& rules, const std::vector<Row>& rows) {
    World world(rules);
    fill(world, rows, 30);
    Options wanted = World::options();
    wanted.engine = engine;
    wanted.limit = static_cast<std::int64_t>(rows.size() * 4 / 5);
    world.screen(wanted);
    REQUIRE(world.one("count(*) > 0 FROM screening.verdict WHERE outcome = 'declined'") == "t");
    wanted.limit.reset();
    const Outcomes done = world.screen(wanted);
    REQUIRE(done.runs.size() == 1);
    CHECK(done.runs[0].engine == engine_name(engine));
    CHECK(world.one("string_agg(DISTINCT engine, ' ') FROM screening.screen_run") ==
          engine_name(engine));
    return world.books();
}

/// A script of s/bench, to be run as one transaction.
std::string script(const char* path, int rows) {
    std::string text = test::file_text(path);
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{":rows", std::to_string(rows)},
          {"BEGIN;", ""},
          {"COMMIT;", ""}})
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from))
            text.replace(at, from.size(), to);
    return text;
}

} // namespace

TEST_CASE("O-36 threads, chunks, engines and the order of import change no digest") {
    World first(shipped());
    const auto rows = busy_day(120);
    fill(first, rows, 40);
    Options one = World::options();
    one.threads = 1;
    one.engine = Engine::scan;
    first.screen(one);
    REQUIRE(first.one("count(DISTINCT outcome) FROM screening.verdict") != "1");
    REQUIRE(first.one("count(DISTINCT rule_id) >= 5 FROM screening.verdict_hit") == "t");

    World second(shipped());
    auto shuffled = rows;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(3));
    static_cast<void>(second.card(9)); // other numbers for the same cards
    fill(second, shuffled, 7);
    Options eight = World::options();
    eight.threads = 8;
    CHECK(run(second.settings("screening: {chunk_rows: 11}"), eight).runs.size() == 1);
    CHECK(second.digests() == first.digests());
    CHECK(second.one("count(*) FROM screening.screen_run WHERE ended_at IS NULL") == "0");
}

TEST_CASE("O-37 scan, probe and sql: the same verdicts, hits and digests") {
    const std::string expected = judged_by(Engine::scan, shipped(), busy_day(120));
    CHECK(judged_by(Engine::probe, shipped(), busy_day(120)) == expected);
    CHECK(judged_by(Engine::sql, shipped(), busy_day(120)) == expected);
}

TEST_CASE("O-37 scan, probe and sql agree on every aggregate, ties, lags and missing keys") {
    const std::string every = test::file_text("tests/screening/aggregates.yaml");
    const std::string expected = judged_by(Engine::scan, every, tied_minute(120));
    CHECK(judged_by(Engine::probe, every, tied_minute(120)) == expected);
    CHECK(judged_by(Engine::sql, every, tied_minute(120)) == expected);
    for (const char* rule : {"|R-1|", "|R-2|", "|R-3|", "|R-4|", "|R-5|"}) {
        INFO(rule);
        CHECK(expected.find(rule) != std::string::npos);
    }
}

TEST_CASE("O-37 one statement of window functions gives the same verdicts") {
    // tests/bench/screen.sql knows the shipped rules and nothing of the program.
    const std::string verdicts =
        "md5(string_agg(concat_ws(' ', payment_id, outcome, score), ',' ORDER BY payment_id)) || ' "
        "' || count(*) || ' ' || count(DISTINCT outcome) FROM screening.verdict";
    World program(""), statement("");
    for (World* world : {&program, &statement}) {
        world->database.execute("DELETE FROM screening.value_list");
        world->database.execute(script("tests/bench/screen_world.sql", 6000));
    }
    program.activate(shipped());
    program.screen();
    statement.database.execute(script("tests/bench/screen.sql", 6000));
    CHECK(program.one(verdicts) == statement.one(verdicts));
    CHECK(program.one(verdicts).ends_with(" 6000 3"));
}

TEST_CASE("more cards than are read by id: aliases and roots without payments count too") {
    World world("");
    world.database.execute("DELETE FROM screening.value_list");
    world.database.execute(script("tests/bench/screen_world.sql", 10'100));
    // Each payment has its own card, c<payment>; x and y belong to no payment.
    world.database.execute(R"(
        INSERT INTO screening.card_ref (key_id, pan_hmac) SELECT 2, convert_to(name, 'UTF8')
        FROM (SELECT 'c' || payment_id FROM screening.fact UNION VALUES ('x'), ('y')) c (name);
        CREATE TEMP TABLE card AS SELECT id, convert_from(pan_hmac, 'UTF8') AS name
        FROM screening.card_ref WHERE key_id = 2;
        UPDATE screening.fact f SET card_id = c.id FROM card c WHERE c.name = 'c' || f.payment_id;
        INSERT INTO screening.card_alias SELECT a.id, b.id
        FROM (VALUES ('c2', 'c1'), ('c3', 'x'), ('y', 'c4')) v (a, b)
        JOIN card a ON a.name = v.a JOIN card b ON b.name = v.b;
        DELETE FROM screening.value_list_entry;
        INSERT INTO screening.value_list_entry (list, value, added_by, revision)
        SELECT 'stop_cards', encode(convert_to(v.name, 'UTF8'), 'hex'), 'test', 0
        FROM (VALUES ('c1'), ('x'), ('y')) v (name);)");
    world.activate(k_velocity);
    Options scan = World::options();
    scan.engine = Engine::scan;
    world.screen(scan);
    CHECK(world.one("count(DISTINCT card_id) FROM screening.fact") == "10100");
    CHECK(world.one("string_agg(payment_id::text, ' ' ORDER BY payment_id) FROM screening.verdict "
                    "WHERE outcome = 'declined'") == "1 2 3 4");
}

TEST_CASE("O-36 a replay reproduces every digest, and says so when it cannot") {
    World world(shipped());
    fill(world, busy_day(60), 20);
    const Outcomes done = world.screen();
    REQUIRE(done.runs.size() == 1);
    world.batch(); // later ones of the same keys, and later lists
    for (const auto& row : busy_day(60))
        world.payment("x" + row.id, row.time, row.columns);
    world.screen();
    for (const Engine engine : {Engine::scan, Engine::probe, Engine::sql}) {
        const Replay again = replay(world.settings(), done.runs[0].run, engine, 2);
        CHECK(again.rows == 60);
        CHECK(again.different == 0);
    }
    world.database.execute("UPDATE screening.fact SET amount_minor = amount_minor + 1 WHERE "
                           "external_id = 't001'");
    const Replay changed = replay(world.settings(), done.runs[0].run, Engine::scan, 1);
    CHECK(changed.different >= 1);
    CHECK_THROWS_AS(replay(world.settings(), 4711, Engine::scan, 1), Error);
}

TEST_CASE("O-37 too little memory: the same digests, a history in parts, payments in slices") {
    const std::string every = test::file_text("tests/screening/aggregates.yaml");
    for (const bool shipped_rules : {true, false}) {
        World world(shipped_rules ? shipped() : every);
        fill(world, shipped_rules ? busy_day(120) : tied_minute(120), 30);
        Options first = World::options();
        first.limit = 60;
        world.screen(first); // its verdicts are seen by the next one's windows
        const std::int64_t run = world.screen().runs.at(0).run;
        Settings settings = world.settings();
        for (const std::uint64_t rows : {40, 11}) { // of history that fit, and fewer to be judged
            settings.memory = rows * 512;
            const Replay again = replay(settings, run, Engine::scan, 2);
            CHECK(again.rows == 60);
            CHECK(again.different == 0);
            CHECK(again.parts > 1);
            const Replay probed = replay(settings, run, Engine::probe, 2);
            CHECK(probed.different == 0);
            CHECK(probed.parts > 1); // what it found was too much
        }
        CHECK(replay(world.settings(), run, Engine::scan, 2).parts == 1);
    }
}

TEST_CASE("runs with too little memory follow one another until nothing is pending") {
    World world, roomy;
    for (World* one : {&world, &roomy})
        fill(*one, busy_day(120), 30);
    Settings settings = world.settings();
    settings.memory = 25 * 512; // 25 payments to be judged
    const Outcomes outcomes = run(settings, World::options());
    CHECK(outcomes.runs.size() == 5);
    CHECK(world.one("count(*) FROM screening.waiting") == "0");
    roomy.screen();
    CHECK(world.digests() == roomy.digests()); // k_velocity looks at no verdicts
    // The same for payments that late events made stale.
    world.database.execute("UPDATE screening.standing SET stale = true");
    Options rescreen = World::options();
    rescreen.rescreen = true;
    CHECK(run(settings, rescreen).runs.size() == 5);
    CHECK(world.one("count(*) FROM screening.standing WHERE stale") == "0");
}

TEST_CASE("O-48 an explanation as decided has the stored digest, whatever came later") {
    World world;
    world.four_uses();
    world.screen();
    world.batch();
    world.database.execute(R"(
        INSERT INTO screening.fact (payment_id, source, feed_type, external_id, batch_id, ruleset,
               event_us, kind, amount_minor, currency, card_id, customer)
        SELECT 100000 + n, 'shop-b', 'AUTH', 'n' || n, (SELECT max(id) FROM ops.import_batch),
               'cards', f.event_us - n * 1000, 'purchase', 100, 'EUR', f.card_id, 'c1'
          FROM screening.fact f, generate_series(1, 10000) n WHERE f.external_id = 'd')");
    const long long id =
        world.database.count("SELECT payment_id FROM screening.fact WHERE external_id = 'd'");
    const auto decided = explain_payment(world.database.settings(), id, false);
    CHECK(decided.reproduced);
    CHECK(decided.explanation.judgement.outcome == Outcome::review);
    CHECK(decided.card == "411111******0001");
    REQUIRE(decided.explanation.features.size() == 1);
    CHECK(decided.explanation.features[0].value == "4");
    const auto now = explain_payment(world.database.settings(), id, true);
    CHECK(now.explanation.features[0].value == "10004");
    CHECK_THROWS_AS(explain_payment(world.database.settings(), 999'999, false), Error);
}

TEST_CASE("O-34 amounts are judged in the base currency, by the newest rate up to the day") {
    World world(test::cards_ruleset(R"(
rules:
  - {id: NINE, when: amount == 9.24, score: 50, reason: "{amount}"}
  - {id: NONE, when: amount > 0.00, score: 1, reason: "{amount}"}
)"));
    world.database.execute(
        "INSERT INTO screening.fx_rate VALUES ('USD', 'EUR', '2026-03-01', 0.9235, 0), "
        "('USD', 'EUR', '2026-03-05', 2, 0), ('USD', 'EUR', '2026-03-01', 3, 9)");
    world.payment("usd", "10:00:00", {{"currency", "'USD'"}, {"amount_minor", "1001"}});
    world.payment("gbp", "10:00:00", {{"currency", "'GBP'"}});
    const Outcomes done = world.screen();
    CHECK(world.states() == "gbp APPROVED, usd REVIEW");
    CHECK(done.runs.at(0).no_rate == 1);
}

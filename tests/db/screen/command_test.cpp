// `harmonia screen` on the command line: verbs, exit codes, output.
#include "tests/db/screen/world.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace harmonia;
using namespace harmonia::screen;

namespace {

class CommandWorld : public World {
public:
    CommandWorld() : World("") {
        key_ = directory_.write("card.key", std::string(32, 'k'));
        std::filesystem::permissions(key_, std::filesystem::perms::owner_read);
        config_ = directory_.write("config.yaml", "cards: {card_key_file: " + key_ + "}\n");
        rules_ = directory_.write("cards.yaml", k_velocity);
    }
    test::Finished type(const std::vector<std::string>& words,
                        const std::string& input = "") const {
        std::vector<std::string> command{test::program("harmonia"), "--config", config_};
        command.insert(command.end(), words.begin(), words.end());
        return test::run({command, {{"HARMONIA_DATABASE_DSN", database.dsn()}}, input, 0});
    }
    int exit_of(const std::vector<std::string>& words, const std::string& input = "") const {
        const auto done = type(words, input);
        UNSCOPED_INFO(done.out << done.err);
        return done.exit;
    }
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const {
        return directory_.write(name, text);
    }
    [[nodiscard]] const std::string& rules() const { return rules_; }

private:
    test::TempDir directory_;
    std::string key_, config_, rules_;
};

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("O-43 O-40 the life of a rule set on the command line") {
    CommandWorld world;
    const std::string wrong = world.write(
        "wrong.yaml", test::cards_ruleset("rules:\n"
                                          "  - {id: A, when: amout > 1, score: 1, reason: x}\n"));
    const auto refused = world.type({"screen", "rules", "check", wrong});
    CHECK(refused.exit == 78);
    CHECK(holds(refused.err, "wrong.yaml:7:"));
    CHECK(holds(refused.err, "unknown name \"amout\"; did you mean \"amount\"?"));

    world.four_uses();
    CHECK(world.exit_of({"screen"}) == 78);
    CHECK(world.exit_of({"screen", "rules", "check", world.rules()}) == 0);
    CHECK(world.exit_of({"screen", "rules", "submit", world.rules(), "--by", "alice"}) == 0);
    CHECK(world.exit_of({"screen", "rules", "submit", world.rules(), "--by", "alice"}) == 78);
    CHECK(world.exit_of({"screen", "rules", "approve", "cards@1", "--by", "alice"}) == 78);
    CHECK(world.exit_of({"screen", "rules", "activate", "cards@1"}) == 78);
    CHECK(world.exit_of({"screen", "rules", "approve", "cards@1", "--by", "bob"}) == 0);
    CHECK(world.exit_of({"screen", "rules", "activate", "cards@1"}) == 0);
    CHECK(holds(world.type({"screen", "rules", "list"}).out, "cards@1"));
    CHECK(world.type({"screen", "rules", "show", "cards"}).out == k_velocity);
    CHECK(world.exit_of({"screen", "rules", "show", "none"}) == 66);

    CHECK(world.exit_of({"screen", "--dry-run"}) == 0);
    const auto done = world.type({"screen"});
    CHECK(done.exit == 0);
    CHECK(holds(done.out, "approved 3, review 1, declined 0; alerts 1"));
    CHECK(world.type({"screen"}).out == "nothing to do\n");
    const std::string run = world.one("max(id)::text FROM screening.screen_run");
    CHECK(world.exit_of({"screen", "--replay", run}) == 0);
    const std::string id =
        world.one("payment_id::text FROM screening.fact WHERE external_id = 'd'");
    const auto why = world.type({"screen", "explain", id});
    CHECK(why.exit == 0);
    CHECK(holds(why.out, "V-CARD-10M"));
    CHECK(holds(why.out, "4 > 3"));
    CHECK(holds(world.type({"explain", "payment", id}).out, "V-CARD-10M"));
    CHECK(world.exit_of({"screen", "review", "override", id, "--reason", "x"}) == 70);
    CHECK(world.exit_of({"screen", "review", "approve", id, "--by", "carol"}) == 0);
    CHECK(world.exit_of({"audit", "screening"}) == 0);
    CHECK_THROWS(world.database.execute("DELETE FROM screening.rule_activation"));
    CHECK_THROWS(world.database.execute("UPDATE screening.verdict SET score = 0"));
}

TEST_CASE("card lists read numbers from standard input only and store none") {
    CommandWorld world;
    CHECK(world.exit_of({"screen", "lists", "add", "stop", "4111111111111111", "--key", "card"}) ==
          64);
    CHECK(world.exit_of({"screen", "lists", "add", "stop", "--key", "card"},
                        "4111 1111-1111 1111\n") == 0);
    const auto shown = world.type({"screen", "lists", "show", "stop"});
    CHECK(shown.exit == 0);
    CHECK_FALSE(holds(shown.out, "4111"));
    CHECK(world.one("length(value)::text FROM screening.value_list_entry WHERE list = 'stop'") ==
          "64");
    CHECK(world.one("count(*) FROM ops.job_run WHERE arguments LIKE '%4111111111111111%'") == "0");
    CHECK(world.exit_of({"screen", "lists", "remove", "stop"}, "4111111111111111\n") == 0);
    CHECK(world.exit_of({"screen", "rates", "load", "-"},
                        "day,from_currency,to_currency,rate\n2026-03-01,USD,EUR,0.9235\n") == 0);
    CHECK(world.exit_of({"screen", "rates", "load", "-"}, "2026-03-01,USD,EUR,zero\n") == 65);
}

TEST_CASE("screen void and --legacy-reply on the command line") {
    CommandWorld world;
    const std::string id = std::to_string(world.payment("a", "10:00:00"));
    CHECK(world.exit_of({"screen", "void", id}) == 64);
    const auto done = world.type({"screen", "void", id, "--by", "erin", "--reason", "twice"});
    CHECK(done.exit == 0);
    CHECK(done.out == "payment " + id + " is void\n");
    CHECK(world.type({"screen", "void", id, "--reason", "again"}).out ==
          "payment " + id + " is void already\n");
    CHECK(world.one("string_agg(actor || ' ' || cause, ', ') FROM screening.state_log") ==
          "erin void: twice");
    CHECK(world.exit_of({"screen", "review", "approve", id}) == 70);
    CHECK(world.exit_of({"screen", "void", "999", "--reason", "x"}) == 66);
    CHECK(world.exit_of({"screen", "--legacy-reply"}) == 64);
}

TEST_CASE("the memory of a run on the command line and in the configuration") {
    CommandWorld world;
    world.activate(k_velocity);
    world.four_uses();
    for (const char* wrong : {"1KiB", "much", "64", "-1GiB"}) {
        const auto refused = world.type({"screen", "--memory", wrong});
        CHECK(refused.exit == 64);
        CHECK(holds(refused.err, "64MiB"));
    }
    CHECK_THROWS_AS(world.settings("screening: {memory: 1MiB}"), Error);
    CHECK(world.settings("screening: {memory: 2GiB}").memory == 2ULL << 30U);
    CHECK(world.exit_of({"screen", "--memory", "64MiB"}) == 0);
    CHECK(world.one("count(*) FROM screening.verdict") == "4");
    CHECK(world.exit_of({"screen", "rules", "backtest", "cards@1", "--memory", "63MiB"}) == 64);
}

TEST_CASE(
    "O-44 O-46 a back-test on the command line: rows as SQL counts them, exit 4 at the gate") {
    CommandWorld world;
    world.batch();
    for (int i = 0; i < 40; ++i)
        world.payment(
            fmt::format("t{:02}", i), fmt::format("10:{:02}:00", i),
            {{"amount_minor", std::to_string(i % 4 == 0 ? 30000 : 1000 + i)}, {"card_id", "NULL"}});
    world.database.execute(
        "INSERT INTO screening.label (payment_id, label, source, known_at) SELECT payment_id, "
        "'fraud', 'dataset', '2026-03-04Z' FROM screening.fact WHERE amount_minor = 30000");
    const auto rules = [&](const char* when) {
        return world.write(
            "hb.yaml", test::cards_ruleset(
                           fmt::format("rules:\n"
                                       "  - {{id: HB1, when: {}, action: block, reason: large}}\n",
                                       when)));
    };
    const auto good = world.type({"screen", "rules", "backtest", rules("amount > 220.00"),
                                  "--gate-stopped", "50%", "--json"});
    CHECK(good.exit == 0);
    UNSCOPED_INFO(good.out << good.err);
    CHECK(holds(good.out, world.one("count(*)::text FROM screening.fact WHERE amount_minor > "
                                    "22000")));
    const auto counted = [&](const std::vector<std::string>& more) {
        std::vector<std::string> command{
            "screen", "rules",          "backtest", rules("amount > 220.00"),
            "--json", "--gate-stopped", "50%"};
        command.insert(command.end(), more.begin(), more.end());
        return nlohmann::json::parse(world.type(command).out).at("counts").at("rows").get<int>();
    };
    CHECK(counted({}) == 40);
    CHECK(counted({"--warmup", "30m"}) == 10);                                   // 10:30 to 10:39
    CHECK(counted({"--warmup", "10m", "--from", "2026-03-04 10:30:00Z"}) == 10); // warm before it
    CHECK(counted({"--warmup", "30m", "--from", "2026-03-04 10:10:00Z"}) == 10);
    CHECK(world.exit_of({"screen", "rules", "backtest", rules("amount > 220.00")}) == 4);
    CHECK(world.exit_of({"screen", "rules", "backtest", rules("amount < 220.00"), "--gate-stopped",
                         "99%"}) == 4);
    CHECK(world.states().find("HELD") != std::string::npos);
    CHECK(world.one("count(*) FROM screening.verdict") == "0");
}

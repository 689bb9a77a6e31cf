// Whatever dies when: `match` killed at any of its visible acts and run again decides the same.
#include "tests/db/match/sink.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fstream>

using namespace harmonia;
using namespace harmonia::match;

namespace {

const std::string k_config = std::string(k_shop) + R"(
  other: {mode: spotted}
match: {threads: 1}
export: {notify_queue: export}
exports:
  - name: shop
    kind: file
    directory: /nowhere
    file_name: "{sequence}.csv"
    columns: {id: transaction_id}
)";

/// Something for every act: a record whose identifier has appeared, a settlement of an
/// authorisation, a match, rivals, another merchant.
class Killed : public SinkWorld {
public:
    Killed() : SinkWorld(k_config) {
        import("pay", k_header + "late,2026-03-10T12:00:00Z,1.00,,tok,mid-9,,\n");
        onboard("mid-9");
        payment("auth", {{"feed_type", "'AUTH'"}, {"settlement_key", "'k'"}});
        payment("settled", {{"settlement_key", "'k'"}, {"spend_amount", "1500"}});
        scheme("tip", {{"spend_amount", "1500"}});
        payment("rival");
        scheme("one");
        scheme("two");
        payment("elsewhere", {{"merchant_slug", "'other'"}, {"card_token", "'tok'"}});
        std::filesystem::create_directory(directory_.path() + "/failpoints");
        config_ = directory_.write("config.yaml", k_config + feed_declarations());
    }
    int run_program(const std::string& rule = "") const {
        std::map<std::string, std::string> environment{{"HARMONIA_DATABASE_DSN", database.dsn()}};
        const std::string file = directory_.path() + "/failpoints/rule";
        std::filesystem::remove(file);
        if (!rule.empty()) {
            std::ofstream(file) << rule << '\n';
            environment["HARMONIA_FAILPOINT_FILE"] = file;
        }
        const auto done = test::run(
            {{test::program("harmonia"), "match", "--config", config_}, environment, "", 0});
        INFO(done.err);
        CHECK((done.exit == 0 || !rule.empty()));
        return done.exit;
    }
    /// By what rows are, without numbers and clocks.
    std::string books() const {
        return one(
            "string_agg(line, E'\\n' ORDER BY line) FROM ("
            "SELECT concat_ws('|', 'payment', p.feed_type, p.transaction_id, "
            "p.spend_amount, p.status, p.stage, p.admitted_at IS NULL, s.transaction_id) "
            "AS line FROM harmonia.payment_transaction p "
            "LEFT JOIN harmonia.payment_transaction s ON s.id = p.survivor_id "
            "UNION ALL SELECT concat_ws('|', 'row', transaction_id, status, "
            "admitted_at IS NULL) FROM harmonia.scheme_transaction "
            "UNION ALL SELECT concat_ws('|', 'match', transaction_id, matching_type, "
            "status) FROM harmonia.matched_transaction "
            "UNION ALL SELECT concat_ws('|', 'reason', transaction_id, outcome, "
            "rule_digest, reason) FROM harmonia.match_reason "
            "UNION ALL SELECT concat_ws('|', 'export', e.transaction_id, e.status, p.id IS "
            "NULL) FROM harmonia.export_transaction e LEFT JOIN harmonia.pending_export p "
            "ON p.export_transaction_id = e.id "
            "UNION ALL SELECT concat_ws('|', 'guard', transaction_id, identified, stored) "
            "FROM harmonia.import_transaction "
            "UNION ALL SELECT concat_ws('|', 'state', merchant_slug, rule_digest) "
            "FROM harmonia.match_state "
            "UNION ALL SELECT concat_ws('|', 'unknown', identifier) "
            "FROM harmonia.unknown_identifier "
            "UNION ALL SELECT concat_ws('|', 'outbox', count(*)) FROM ops.outbox) all_lines");
    }

private:
    test::TempDir directory_;
    std::string config_;
};

std::string undisturbed() {
    const Killed world;
    REQUIRE(world.run_program() == 0);
    CHECK(world.matches() == "elsewhere→ settled→tip");
    CHECK(world.one("count(*) FROM harmonia.payment_transaction WHERE admitted_at IS NULL") == "0");
    return world.books();
}

} // namespace

TEST_CASE("killed just before or just after any act of match, the next run decides the same") {
    static const std::string books = undisturbed();
    const std::string rule = GENERATE(
        as<std::string>(), "import_reidentify_commit:before", "import_reidentify_commit:after",
        "import_reidentify_commit:before@2", "import_reidentify_commit:after@2",
        "import_reidentify_commit:before@3", "import_reidentify_commit:after@3",
        "match_admit_commit:before", "match_admit_commit:after", "match_state_commit:before",
        "match_state_commit:after", "match_state_commit:before@2", "match_state_commit:after@2",
        "match_pairs_commit:before", "match_pairs_commit:after", "match_pairs_commit:before@2",
        "match_pairs_commit:after@2");
    INFO(rule);
    const Killed world;
    CHECK(world.run_program(rule + " kill") == 137);
    CHECK(world.run_program() == 0);
    CHECK(world.books() == books);
    const std::string state = world.state();
    CHECK(world.run_program() == 0);
    CHECK(world.state() == state);
}

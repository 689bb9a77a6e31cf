// Whatever dies when: a run that is killed and run again ends with the books of an undisturbed one.
#include "tests/db/import/shop.hpp"
#include "tests/support/catch.hpp"

#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>

using namespace harmonia::test;

namespace {

constexpr const char* k_small_blocks = "  block_rows: 10\n";

// Two files: one with rejects, equal records without ids and a filtered row; one that is refused.
void lay_out(const Shop& shop) {
    const std::string twin = ",2024-03-02 12:00:01,2.01,m1\n";
    shop.put("a.csv", csv(1, 15) + twin + "bad,never,1.00,m1\n" + twin +
                          csv(16, 40).substr(csv(1, 0).size()) + twin +
                          "left out,2024-03-02 12:00:01,2.01,none\n");
    shop.put("b.csv", csv(50, 51) + "bad,never,1.00,m1\n");
}

std::string undisturbed() {
    const Shop shop(k_small_blocks);
    lay_out(shop);
    CHECK(shop.import().exit == 65);
    return shop.books();
}

void check_same_end(const Shop& shop, const std::string& books) {
    const Imported again = shop.import();
    INFO(again.err);
    CHECK((again.exit == 0 || again.exit == 3 || again.exit == 65));
    CHECK(shop.books() == books);
    CHECK(shop.files_in("imports").empty());
    CHECK(shop.files_in("archive") == std::vector<std::string>{"a.csv"});
    CHECK(shop.files_in("rejected") == std::vector<std::string>{"b.csv"});
}

} // namespace

TEST_CASE("M-35 killed just before or just after any visible act: nothing lost, nothing doubled") {
    static const std::string books = undisturbed();
    const std::string rule = GENERATE(
        as<std::string>(), "import_batch_open_commit:before", "import_batch_open_commit:after",
        "import_block_commit:before", "import_block_commit:after", "import_block_commit:before@3",
        "import_block_commit:after@3", "import_block_commit:after@5",
        "import_batch_close_commit:before", "import_batch_close_commit:after",
        "import_archive_rename:before", "import_archive_rename:after",
        "import_archived_commit:before", "import_archived_commit:after",
        "import_refuse_commit:before", "import_refuse_commit:after", "import_refuse_rename:before",
        "import_refuse_rename:after");
    INFO(rule);
    const Shop shop(k_small_blocks);
    lay_out(shop);
    CHECK(shop.import_failing_at(rule + " kill").exit == 137);
    check_same_end(shop, books);
}

TEST_CASE("a disk error instead of a kill: the run says 74, the next one goes on") {
    static const std::string books = undisturbed();
    const std::string rule =
        GENERATE(as<std::string>(), "import_block_commit:before@2", "import_block_commit:after@2",
                 "import_archive_rename:before");
    const Shop shop(k_small_blocks);
    lay_out(shop);
    CHECK(shop.import_failing_at(rule + " error").exit == 74);
    check_same_end(shop, books);
}

TEST_CASE("SIGTERM ends a run between two blocks; the next one goes on from there") {
    static const std::string books = undisturbed();
    const Shop shop(k_small_blocks);
    lay_out(shop);
    const std::string rules = shop.directory().string() + "/failpoints/rules";
    { std::ofstream(rules) << "import_block_commit:after@2 sleep 30000\n"; }
    Running running(shop.launch({"import", "shop"}, {{"HARMONIA_FAILPOINT_FILE", rules}}));
    while (shop.database().count("SELECT coalesce(max(records_done), 0) FROM ops.import_batch") <
           20)
        ::usleep(20'000);
    running.signal(SIGTERM);
    CHECK(running.wait().exit == 143);
    CHECK(shop.database().count("SELECT records_done FROM ops.import_batch") == 20);
    std::filesystem::remove(rules);
    check_same_end(shop, books);
}

TEST_CASE("the database loses the session in the middle of a block") {
    static const std::string books = undisturbed();
    const Shop shop(k_small_blocks);
    lay_out(shop);
    const std::string rules = shop.directory().string() + "/failpoints/rules";
    { std::ofstream(rules) << "import_block_commit:before@3 sleep 3000\n"; }
    Running running(shop.launch({"import", "shop"}, {{"HARMONIA_FAILPOINT_FILE", rules}}));
    while (shop.database().count("SELECT coalesce(max(records_done), 0) FROM ops.import_batch") <
           20)
        ::usleep(20'000);
    shop.database().execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
        "datname = current_database() AND application_name LIKE 'harmonia/import%'");
    CHECK(running.wait().exit == 69);
    std::filesystem::remove(rules);
    check_same_end(shop, books);
}

TEST_CASE("a changed declaration does not go on from a checkpoint that no longer fits") {
    const Shop shop(k_small_blocks);
    shop.put("a.csv", csv(1, 40));
    CHECK(shop.import_failing_at("import_block_commit:after@2 kill").exit == 137);
    CHECK(shop.rows() == 20);
    // Every record is counted twice as far now: the checkpoint's number and offset disagree.
    shop.database().execute("UPDATE ops.import_batch SET records_done = records_done + 1");
    const Imported again = shop.import();
    CHECK(again.exit == 0);
    CHECK(again.fresh == 20);
    CHECK(again.duplicate == 20);
    CHECK(shop.database().text("SELECT string_agg(state, ' ' ORDER BY id) FROM ops.import_batch") ==
          "refused archived");
}

TEST_CASE("M-35 killed while an open batch is superseded") {
    const std::string rule = GENERATE(as<std::string>(), "import_supersede_commit:before",
                                      "import_supersede_commit:after");
    const Shop shop(k_small_blocks);
    shop.put("a.csv", csv(1, 40));
    CHECK(shop.import_failing_at("import_block_commit:after@2 kill").exit == 137);
    shop.database().execute("UPDATE ops.import_batch SET records_done = records_done + 1");
    CHECK(shop.import_failing_at(rule + " kill").exit == 137);
    CHECK(shop.import().exit == 0);
    CHECK(shop.rows() == 40);
    CHECK(shop.files_in("archive") == std::vector<std::string>{"a.csv"});
}

TEST_CASE("M-36 imports of one directory at the same time: each file once, all exit 0") {
    const Shop shop(k_small_blocks);
    for (int i = 0; i < 6; ++i)
        shop.put("f" + std::to_string(i) + ".csv", csv(1 + i * 40, 40 + i * 40));
    Running first(shop.launch({"import", "shop"})), second(shop.launch({"import", "shop"})),
        third(shop.launch({"import", "shop"}));
    for (Running* running : {&first, &second, &third}) {
        const Finished finished = running->wait();
        INFO(finished.err);
        CHECK(finished.exit == 0);
    }
    CHECK(shop.import().exit == 0);
    CHECK(shop.rows() == 240);
    CHECK(shop.database().count("SELECT count(*) FROM ops.import_batch WHERE count_new = 40") == 6);
    CHECK(shop.database().count("SELECT count(*) FROM ops.import_batch") == 6);
}

TEST_CASE("files with the same records at the same time: each record once") {
    const Shop shop(k_small_blocks);
    const std::string base = csv(1, 200);
    std::vector<std::unique_ptr<Running>> running;
    for (int i = 0; i < 4; ++i) {
        const std::string path = shop.directory().string() + "/same" + std::to_string(i) + ".csv";
        std::ofstream(path) << base << (i % 2 == 0 ? "" : "\n");
        running.push_back(
            std::make_unique<Running>(shop.launch({"import", "shop", "--file", path})));
    }
    for (const auto& one : running) {
        const Finished finished = one->wait();
        INFO(finished.err);
        CHECK(finished.exit == 0);
    }
    CHECK(shop.rows() == 200);
    CHECK(shop.database().count("SELECT sum(count_new) FROM ops.import_batch") == 200);
    CHECK(shop.database().count("SELECT count(*) FROM harmonia.scheme_transaction") == 200);
}

// Files, from their directory to the archive.
#include "tests/db/import/shop.hpp"
#include "tests/support/catch.hpp"

#include <fstream>

using namespace harmonia::test;
namespace fs = std::filesystem;

TEST_CASE("M-25 the same file again: a batch row that counts it, nothing new, archived again") {
    const Shop shop;
    shop.put("a.csv", csv(1, 50));
    const Imported first = shop.import();
    INFO(first.err);
    CHECK(first.exit == 0);
    CHECK(first.read == 50);
    CHECK(first.fresh == 50);
    CHECK(shop.rows() == 50);
    CHECK(shop.files_in("imports").empty());
    CHECK(shop.files_in("archive") == std::vector<std::string>{"a.csv"});

    shop.put("a.csv", csv(1, 50));
    const Imported second = shop.import();
    CHECK(second.exit == 0);
    CHECK(second.read == 50);
    CHECK(second.fresh == 0);
    CHECK(second.duplicate == 50);
    CHECK(shop.rows() == 50);
    CHECK(shop.files_in("archive") == std::vector<std::string>{"a.csv", "a.csv.1"});
    CHECK(shop.database().text(
              "SELECT string_agg(state || ' ' || records_done || ' ' || count_new, "
              "', ' ORDER BY close_seq) FROM ops.import_batch") == "archived 50 50, archived 50 0");
}

TEST_CASE("M-26 a row that stands twice in a file is one transaction") {
    const Shop shop;
    shop.put("a.csv", csv(1, 1) + "p1,2024-03-02 12:00:01,2.01,m1\n");
    const Imported imported = shop.import();
    CHECK(imported.read == 2);
    CHECK(imported.fresh == 1);
    CHECK(imported.duplicate == 1);
    CHECK(shop.rows() == 1);
}

TEST_CASE("M-33 one bad date in a thousand rows: the others are imported, the row is kept with its "
          "line") {
    const Shop shop("  block_rows: 128\n");
    std::string text = csv(1, 499);
    text += "bad,2024-13-01 12:00:00,1.00,m1\n";
    shop.put("a.csv", text + csv(501, 1000).substr(csv(1, 0).size()));
    const Imported imported = shop.import();
    CHECK(imported.exit == 3);
    CHECK(imported.read == 1000);
    CHECK(imported.fresh == 999);
    CHECK(imported.rejected == 1);
    CHECK(imported.adds_up());
    CHECK(
        shop.database().text("SELECT source || ' ' || record_no || ' ' || line_no || ' ' || field "
                             "|| ' ' || raw FROM ops.reject") ==
        "shop/a.csv 500 501 date bad,2024-13-01 12:00:00,1.00,m1");
    CHECK(shop.files_in("archive") == std::vector<std::string>{"a.csv"});
}

TEST_CASE("a file with too many bad rows is refused before its first row is stored; the next is "
          "not") {
    const Shop shop("  block_rows: 2\n");
    shop.put("a.csv", csv(1, 8) + "x,never,1.00,m1\ny,never,1.00,m1\n");
    shop.put("b.csv", csv(21, 22));
    const Imported imported = shop.import();
    CHECK(imported.exit == 65);
    CHECK(imported.states == std::vector<std::string>{"shop/a.csv refused", "shop/b.csv loaded"});
    CHECK(shop.rows() == 2);
    CHECK(shop.files_in("rejected") == std::vector<std::string>{"a.csv"});
    CHECK(shop.database().text("SELECT refusal FROM ops.import_batch WHERE state = 'refused'") ==
          "bad_ratio: 2 of 10 records are bad, above 10 %");
    CHECK(shop.database().text("SELECT string_agg(line_no || ' ' || field, ', ' ORDER BY line_no) "
                               "FROM ops.reject") == "10 date, 11 date");
}

TEST_CASE("a feed that takes no bad row refuses the file for one") {
    const Shop shop;
    shop.declare("YYYY-MM-DD HH:mm:ss", "    on_bad_row: reject_file\n");
    shop.put("a.csv", csv(1, 100) + "x,never,1.00,m1\n");
    CHECK(shop.import().exit == 65);
    CHECK(shop.rows() == 0);
}

TEST_CASE("a file that is not of its format is refused") {
    const Shop shop;
    shop.put("a.csv", "id,date,mid\n1,2,3\n");
    CHECK(shop.import().exit == 65);
    CHECK(shop.database().text("SELECT refusal FROM ops.import_batch") ==
          "not_of_its_format: the header has no column 'amount'");
    CHECK(shop.files_in("rejected") == std::vector<std::string>{"a.csv"});
}

TEST_CASE("records without an id: equal ones are kept apart and recognised when the file returns") {
    const Shop shop("  block_rows: 2\n");
    const std::string twin = ",2024-03-02 12:00:01,2.01,m1\n";
    const std::string text = csv(1, 2) + twin + twin + csv(3, 4).substr(csv(1, 0).size()) + twin;
    shop.put("a.csv", text);
    const Imported first = shop.import();
    CHECK(first.fresh == 7);
    CHECK(shop.rows() == 7);
    shop.put("a.csv", text);
    const Imported second = shop.import();
    CHECK(second.fresh == 0);
    CHECK(second.duplicate == 7);
    // A longer file of the same day brings one more twin, and only that.
    shop.put("b.csv", text + twin);
    CHECK(shop.import().fresh == 1);
    CHECK(shop.rows() == 8);
}

TEST_CASE("a row that holds a NUL is left out by a filter or refused, never stored") {
    const Shop shop;
    const std::string nul(1, '\0');
    std::string text = "id,date,amount,mid,note\n";
    for (int i = 0; i < 30; ++i)
        text += "p" + std::to_string(i) + ",2024-03-02 12:00:01,2.01,m1,\n";
    shop.put("a.csv", text + "x,2024-03-02 12:00:01,2.01,none," + nul +
                          "\ny,2024-03-02 12:00:01,2.01,m1," + nul + "\n");
    const Imported imported = shop.import();
    CHECK(imported.exit == 3);
    CHECK(imported.fresh == 30);
    CHECK(imported.skipped == 1);
    CHECK(imported.rejected == 1);
    CHECK(shop.database().text("SELECT code || line_no FROM ops.reject") == "bad_encoding33");
}

TEST_CASE("a record that the database refuses is found, kept as a reject, and blocks nothing") {
    const Shop shop("  block_rows: 64\n");
    shop.database().execute(
        "ALTER TABLE harmonia.scheme_transaction ADD CHECK (spend_amount <> 66600)");
    const std::string bad = "bad,2024-03-02 12:00:01,666.00,m1\n";
    const std::string twin = ",2024-03-02 12:00:01,2.01,m1\n";
    shop.put("a.csv", csv(1, 100) + twin + bad + twin + csv(101, 200).substr(csv(1, 0).size()) +
                          twin + "very " + bad);
    const Imported imported = shop.import();
    INFO(imported.err);
    CHECK(imported.exit == 3);
    CHECK(imported.fresh == 203);
    CHECK(imported.rejected == 2);
    CHECK(imported.adds_up());
    CHECK(shop.rows() == 203);
    CHECK(shop.database().text("SELECT string_agg(code || ' ' || line_no, ', ' ORDER BY line_no) "
                               "FROM ops.reject") == "not_storable 103, not_storable 206");
}

TEST_CASE("only plain files that do not start with a dot are taken, in name order, up to --max") {
    const Shop shop;
    shop.put("c.csv", csv(5, 6));
    shop.put("a.csv", csv(1, 2));
    shop.put("b.csv", csv(3, 4));
    shop.put(".hidden.csv", csv(7, 8));
    fs::create_directory(shop.waiting() / "d.csv");
    fs::create_symlink("a.csv", shop.waiting() / "e.csv");
    CHECK(shop.import({"--max", "2"}).states ==
          std::vector<std::string>{"shop/a.csv loaded", "shop/b.csv loaded"});
    CHECK(shop.import().states == std::vector<std::string>{"shop/c.csv loaded"});
    CHECK(shop.import().states.empty());
    CHECK(shop.files_in("imports") == std::vector<std::string>{".hidden.csv"});
}

TEST_CASE("files named by hand stay where they are, unless they wait in the feed's directory") {
    const Shop shop;
    const fs::path outside = shop.directory() / "outside.csv";
    std::ofstream(outside) << csv(1, 3);
    const Imported imported = shop.import({"--file", outside.string()});
    INFO(imported.err);
    CHECK(imported.fresh == 3);
    CHECK(fs::exists(outside));
    CHECK(shop.import({"--file", outside.string()}).duplicate == 3);

    const fs::path inside = shop.put("a.csv", csv(4, 5));
    shop.put("b.csv", csv(6, 7));
    CHECK(shop.import({"--file", inside.string()}).fresh == 2);
    CHECK(shop.files_in("archive") == std::vector<std::string>{"a.csv"});
    CHECK(shop.files_in("imports") == std::vector<std::string>{"b.csv"});

    CHECK(shop.import({"--file", outside.string(), "/nowhere.csv"}).exit == 66);
    CHECK(shop.rows() == 5);
}

TEST_CASE("standard input is imported like a file") {
    const Shop shop;
    Launch launch = shop.launch({"import", "shop", "--file", "-"});
    launch.input = csv(1, 4);
    CHECK(run(launch).exit == 0);
    CHECK(shop.rows() == 4);
    CHECK(shop.database().text("SELECT source || state FROM ops.import_batch") == "stdinloaded");
    CHECK(shop.files_in("spool").empty());
}

TEST_CASE("a disk that is full ends the run with clear words and stores nothing") {
    const Shop shop;
    Launch launch = shop.launch({"import", "shop", "-"});
    launch.input = csv(1, 4000);
    launch.file_bytes_max = 4096;
    const Finished finished = run(launch);
    CHECK(finished.exit == 74);
    CHECK(finished.err.find("cannot spool standard input") != std::string::npos);
    CHECK(finished.err.find("HINT: Free space") != std::string::npos);
    CHECK(shop.rows() == 0);
    CHECK(shop.files_in("spool").empty());
}

TEST_CASE("a dry run checks and counts, and writes nothing at all") {
    const Shop shop;
    shop.put("a.csv", csv(1, 50) + "x,never,1.00,m1\nz,2024-03-02 12:00:01,2.01,none\n");
    const Imported imported = shop.import({"--dry-run"});
    INFO(imported.err);
    CHECK(imported.exit == 3);
    CHECK(imported.read == 52);
    CHECK(imported.fresh == 50);
    CHECK(imported.rejected == 1);
    CHECK(imported.skipped == 1);
    CHECK(shop.files_in("imports") == std::vector<std::string>{"a.csv"});
    CHECK(shop.database().count("SELECT (SELECT count(*) FROM ops.job_run) + (SELECT count(*) FROM "
                                "ops.import_batch) + (SELECT count(*) FROM ops.reject)") == 0);
    CHECK(shop.rows() == 0);
}

TEST_CASE("M-34 work waiting above the limit stops the run, to be tried again later") {
    const Shop shop("  max_pending: 3\n");
    shop.put("a.csv", csv(1, 3));
    shop.put("b.csv", csv(4, 6));
    const Imported imported = shop.import();
    CHECK(imported.exit == 75);
    CHECK(imported.states == std::vector<std::string>{"shop/a.csv loaded"});
    CHECK(shop.files_in("imports") == std::vector<std::string>{"b.csv"});
}

TEST_CASE("what is asked for wrongly is refused before anything is touched") {
    const Shop shop;
    shop.put("a.csv", csv(1, 3));
    const auto exit = [&](const std::vector<std::string>& words) {
        return shop.harmonia(words).exit;
    };
    CHECK(exit({"import", "shpo"}) == 64);
    CHECK(exit({"import", "shop", "--follow", "--max", "1"}) == 64);
    CHECK(exit({"import", "--file", (shop.waiting() / "a.csv").string()}) == 64);
    CHECK(exit({"import", "shop", "--max", "0"}) == 64);
    CHECK(exit({"import", "rejects", "show", "1"}) == 66);
    CHECK(shop.rows() == 0);
}

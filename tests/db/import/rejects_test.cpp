// `import rejects`: looked at, tried again with a better declaration, let go.
#include "tests/db/import/shop.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

using namespace harmonia::test;
using Json = nlohmann::json;

namespace {

// The usual form, and the one that the bad rows of these tests have.
constexpr const char* k_both_forms = "[YYYY-MM-DD HH:mm:ss, DD/MM/YYYY HH:mm:ss]";

Json listed(const Shop& shop) {
    return Json::parse(shop.harmonia({"import", "rejects", "list"}).out).at("data");
}

Json counts(const Finished& finished) {
    return Json::parse(finished.out).at("counts");
}

} // namespace

TEST_CASE("rejects are listed with file, line, field and reason, and shown one by one") {
    const Shop shop;
    shop.put("a.csv", csv(1, 30) + "x,31/03/2024 12:00:00,1.00,m1\n");
    CHECK(shop.import().exit == 3);
    const Json rejects = listed(shop);
    REQUIRE(rejects.size() == 1);
    CHECK(rejects[0]["file"] == "shop/a.csv");
    CHECK(rejects[0]["line"] == 32);
    CHECK(rejects[0]["record"] == 31);
    CHECK(rejects[0]["field"] == "date");
    CHECK_FALSE(rejects[0]["code"].get<std::string>().empty());
    const std::string id = std::to_string(rejects[0]["id"].get<long long>());
    CHECK(shop.harmonia({"import", "rejects", "show", id}).exit == 0);
    CHECK(counts(shop.harmonia({"import", "rejects", "dismiss", id}))["dismissed"] == 1);
    CHECK(counts(shop.harmonia({"import", "rejects", "dismiss", id}))["dismissed"] == 0);
    CHECK(listed(shop).empty());
}

TEST_CASE("rejects tried again with a better declaration are part of the batch they came from") {
    const Shop shop;
    const std::string twin = ",31/03/2024 12:00:00,1.00,m1\n";
    shop.put("a.csv",
             csv(1, 60) + "x,31/03/2024 12:00:00,1.00,m1\n" + twin + twin + "y,never,1.00,m1\n");
    CHECK(shop.import().exit == 3);
    CHECK(shop.harmonia({"import", "rejects", "retry"}).exit == 3);
    CHECK(listed(shop).size() == 4);

    shop.declare(k_both_forms);
    const Json rejects = listed(shop);
    // One of the equal records first: it keeps the number that it has in the file.
    const auto id = [&](std::size_t i) {
        return std::to_string(rejects[i]["id"].get<long long>());
    };
    CHECK(shop.harmonia({"import", "rejects", "retry", id(2)}).exit == 0);
    const Finished finished = shop.harmonia({"import", "rejects", "retry", "--feed", "shop"});
    INFO(finished.err << finished.out);
    CHECK(finished.exit == 3);
    CHECK(counts(finished)["new"] == 2);
    CHECK(counts(finished)["rejected"] == 1);
    CHECK(listed(shop).size() == 1);
    CHECK(shop.rows() == 63);
    CHECK(shop.database().text("SELECT count_new || ' ' || count_rejected FROM ops.import_batch") ==
          "63 1");
    CHECK(shop.database().count("SELECT count(*) FROM harmonia.scheme_transaction s JOIN "
                                "harmonia.import_record r USING (batch_id, record_no)") == 63);
    // The file again: all known.
    shop.put("a.csv", csv(1, 60) + "x,31/03/2024 12:00:00,1.00,m1\n" + twin + twin);
    CHECK(shop.import().duplicate == 63);
}

TEST_CASE("a masked reject is read from its file again, as long as the file is there") {
    const Shop shop;
    const std::string card = "4111111111111111,31/03/2024 12:00:00,1.00,m1\n";
    shop.put("a.csv", csv(1, 30) + card);
    shop.put("b.csv", csv(41, 70) + "5" + card);
    CHECK(shop.import().exit == 3);
    CHECK(listed(shop)[0]["raw"] == "************1111,31/03/2024 12:00:00,1.00,m1");
    shop.declare(k_both_forms);
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(shop.directory() / "archive"))
        if (entry.path().filename() == "b.csv")
            std::filesystem::remove(entry.path());
    const Finished finished = shop.harmonia({"import", "rejects", "retry"});
    CHECK(finished.exit == 3);
    CHECK(counts(finished)["new"] == 1);
    CHECK(counts(finished)["unreachable"] == 1);
    CHECK(shop.database().count("SELECT count(*) FROM harmonia.import_transaction WHERE "
                                "transaction_id = '4111111111111111'") == 1);
}

TEST_CASE("M-35 killed while rejects are tried again or dismissed") {
    const Shop shop;
    shop.put("a.csv", csv(1, 30) + "x,31/03/2024 12:00:00,1.00,m1\n");
    CHECK(shop.import().exit == 3);
    shop.declare(k_both_forms);
    const std::string side = GENERATE(as<std::string>(), "before", "after");
    const std::filesystem::path rules = shop.directory() / "failpoints" / "rules";
    const auto killed = [&](const std::string& point, const std::vector<std::string>& words) {
        std::ofstream(rules) << point << ":" << side << " kill\n";
        return run(shop.launch(words, {{"HARMONIA_FAILPOINT_FILE", rules.string()}})).exit;
    };
    CHECK(killed("import_retry_commit", {"import", "rejects", "retry"}) == 137);
    CHECK(shop.harmonia({"import", "rejects", "retry"}).exit == 0);
    CHECK(shop.rows() == 31);
    CHECK(shop.database().text("SELECT count_new || ' ' || count_rejected FROM ops.import_batch") ==
          "31 0");

    shop.put("b.csv", csv(41, 70) + "y,never,1.00,m1\n");
    CHECK(shop.import().exit == 3);
    const std::string id = std::to_string(listed(shop)[0]["id"].get<long long>());
    CHECK(killed("import_dismiss_commit", {"import", "rejects", "dismiss", id}) == 137);
    (void)shop.harmonia({"import", "rejects", "dismiss", id});
    CHECK(listed(shop).empty());
}

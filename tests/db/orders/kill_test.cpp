// A killed import of orders that is run again ends like an undisturbed one.
#include "tests/db/orders/till.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <cstdlib>

using namespace harmonia::test;

namespace {

// Orders, cards and a duplicate; every tenth record is rejected, some have no id.
std::string orders(int count) {
    std::string text = "external_id,event_time,amount,currency,method,pan,order_id,customer\n";
    for (int i = 0; i < count; ++i)
        text += fmt::format("{},2026-10-01T10:00:00Z,{}.00,{},card,4111111111111111,o{},c{}\n",
                            i % 7 == 3 ? "" : fmt::format("p{}", i % 50 == 49 ? i - 1 : i),
                            i % 90 + 1, i % 10 == 5 ? "XXX" : "EUR", i / 3, i % 20);
    return text;
}

/// Everything stored, by content.
std::string books(const Till& till) {
    const auto list = [&](const char* sql) {
        return till.database().text(fmt::format(
                   "SELECT string_agg(r::text, E'\\n' ORDER BY r::text) FROM ({}) r", sql)) +
               "\n--\n";
    };
    return list("SELECT transaction_id, record_no, payload_sha256 FROM "
                "harmonia.import_transaction") +
           list("SELECT record_no, byte_offset, raw FROM harmonia.import_record") +
           list("SELECT p.transaction_id, p.spend_amount, p.card_token, p.screen, f.customer, "
                "c.pan_hmac, o.external_id FROM harmonia.payment_transaction p "
                "JOIN screening.fact f ON f.payment_id = p.id "
                "JOIN screening.card_ref c ON c.id = f.card_id "
                "JOIN screening.customer_order o ON o.id = f.order_id") +
           list("SELECT external_id, customer, total_minor FROM screening.customer_order") +
           list("SELECT record_no, code, detail, raw FROM ops.reject") +
           list("SELECT state, records_done, count_new, count_duplicate, count_rejected, warnings, "
                "close_seq IS NOT NULL FROM ops.import_batch WHERE state <> 'open'");
}

} // namespace

TEST_CASE("O-16 kill -9 during an import of orders: no half block, the next run does the rest") {
    constexpr const char* k_small_blocks = "  block_rows: 100\n";
    static const std::string expected = [] {
        Till till(Till::Key::there, k_small_blocks);
        CHECK(till.import("orders-csv", orders(1000)).exit == 3);
        return books(till);
    }();
    CHECK(expected.find("V-CUR") != std::string::npos);
    const std::string rule = GENERATE(
        as<std::string>(), "import_batch_open_commit:after", "import_block_commit:before",
        "import_block_commit:after", "import_block_commit:before@4", "import_block_commit:after@7",
        "import_batch_close_commit:before", "import_batch_close_commit:after");
    INFO(rule);
    Till till(Till::Key::there, k_small_blocks);
    const auto path = till.directory() / "imports/orders/day.csv";
    std::ofstream(path, std::ios::binary) << orders(1000);
    const auto rules = till.directory() / "failpoints/rules";
    std::ofstream(rules) << rule << " kill\n";
    CHECK(run(till.launch({"import", "orders-csv"}, {{"HARMONIA_FAILPOINT_FILE", rules.string()}}))
              .exit == 137);
    std::filesystem::remove(rules);
    CHECK(till.database().count("SELECT count(*) FROM harmonia.payment_transaction") ==
          till.database().count("SELECT count(*) FROM screening.fact"));
    const Finished again = run(till.launch({"import", "orders-csv"}));
    INFO(again.err);
    CHECK((again.exit == 3 || again.exit == 0));
    // Only this differs: the file came from the feed's directory and was archived.
    std::string got = books(till);
    for (std::size_t at = 0; (at = got.find("(archived,", at)) != std::string::npos;)
        got.replace(at, 10, "(loaded,");
    CHECK(got == expected);
}

TEST_CASE("O-16 at full size: 100,000 rows, killed between their blocks") {
    if (std::getenv("HARMONIA_TEST_FULL") == nullptr)
        return;
    constexpr int k_rows = 100'000;
    Till undisturbed, till;
    CHECK(undisturbed.import("orders-csv", orders(k_rows)).exit == 3);
    const auto path = till.directory() / "imports/orders/day.csv";
    std::ofstream(path, std::ios::binary) << orders(k_rows);
    const auto rules = till.directory() / "failpoints/rules";
    for (const char* rule : {"import_block_commit:before", "import_block_commit:after",
                             "import_block_commit:before", "import_batch_close_commit:before"}) {
        INFO(rule);
        std::ofstream(rules) << rule << " kill\n";
        CHECK(run(till.launch({"import", "orders-csv"},
                              {{"HARMONIA_FAILPOINT_FILE", rules.string()}}))
                  .exit == 137);
        CHECK(till.database().count("SELECT count(*) FROM harmonia.payment_transaction") ==
              till.database().count("SELECT count(*) FROM screening.fact"));
    }
    std::filesystem::remove(rules);
    CHECK(run(till.launch({"import", "orders-csv"})).exit != 1);
    for (const char* table : {"harmonia.payment_transaction", "screening.fact", "ops.reject",
                              "harmonia.import_record", "screening.customer_order"}) {
        INFO(table);
        const std::string sql = std::string("SELECT count(*) FROM ") + table;
        CHECK(till.database().count(sql) == undisturbed.database().count(sql));
    }
    const char* sums = "SELECT md5(string_agg(concat_ws(' ', record_no, spend_amount, screen), ',' "
                       "ORDER BY record_no)) FROM harmonia.payment_transaction";
    CHECK(till.database().text(sums) == undisturbed.database().text(sums));
}

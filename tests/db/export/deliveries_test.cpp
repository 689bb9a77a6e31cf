#include "core/base/error.hpp"
#include "core/db/lock.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/exporting.hpp"
#include "tests/support/files.hpp"
#include "tests/support/http_server.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <set>

using namespace harmonia;
using namespace harmonia::test;
namespace fs = std::filesystem;

namespace {

std::string file_target(const TempDir& directory, int batch_size) {
    return fmt::format(
        "exports:\n  - {{name: shop, kind: file, directory: {}, batch_size: {}, "
        "file_name: 'shop-{{sequence:3}}.csv', columns: {{id: transaction_id, amount: "
        "spend_amount}}}}\n",
        directory.path() + "/out", batch_size);
}

std::string http_target(const HttpServer& server, const std::string& more = {}) {
    return fmt::format("exports:\n  - {{name: shop, kind: http, url: '{}', record: {{id: "
                       "transaction_id, uid: export_uid}}{}}}\n",
                       server.url("/told"), more);
}

std::map<std::string, std::string> files_of(const TempDir& directory) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(directory.path() + "/out"))
        out[entry.path().filename()] = file_text(entry.path());
    return out;
}

struct Shop {
    TempDatabase database;
    TempDir directory;
    Shop() { fs::create_directories(directory.path() + "/out"); }
    exporting::DeliveryCounts run(const std::string& yaml) const {
        auto options = export_options(database, yaml);
        options.outbox = false;
        return exporting::run(options).targets.at(0).second;
    }
    [[nodiscard]] long long pending() const {
        return database.count("SELECT count(*) FROM harmonia.pending_export");
    }
    [[nodiscard]] long long with_status(const std::string& status) const {
        return database.count("SELECT count(*) FROM harmonia.export_transaction WHERE status = '" +
                              status + "'");
    }
    void due_now() const {
        database.execute("UPDATE harmonia.pending_export SET retry_at = now()");
    }
};

} // namespace

TEST_CASE("child of the export tests", "[.export-child]") {
    be_export_child();
}

TEST_CASE("a file target gets its rows in order, in numbered files, once") {
    const Shop shop;
    owe_exports(shop.database, "shop", 5);
    owe_exports(shop.database, "other", 2);
    const auto counts = shop.run(file_target(shop.directory, 2));
    CHECK(counts.delivered == 5);
    CHECK(counts.files == 3);
    CHECK(files_of(shop.directory) ==
          std::map<std::string, std::string>{{"shop-001.csv", "id,amount\r\nt1,101\r\nt2,102\r\n"},
                                             {"shop-002.csv", "id,amount\r\nt3,103\r\nt4,104\r\n"},
                                             {"shop-003.csv", "id,amount\r\nt5,105\r\n"}});
    CHECK(shop.pending() == 2);
    CHECK(shop.with_status("EXPORTED") == 5);
    CHECK(shop.database.count("SELECT count(*) FROM harmonia.export_attempt WHERE outcome = "
                              "'delivered' AND detail LIKE 'shop-00%'") == 5);
    CHECK(shop.run(file_target(shop.directory, 2)).delivered == 0);
    CHECK(files_of(shop.directory).size() == 3);
}

TEST_CASE("killed anywhere, a file target still gets every row exactly once") {
    for (const std::string point :
         {"export_claim_commit", "export_file_rename", "export_delivered_commit"})
        for (const std::string side : {":before", ":after"}) {
            INFO(point + side);
            const Shop shop;
            owe_exports(shop.database, "shop", 5);
            const auto yaml = file_target(shop.directory, 2);
            const auto killed =
                run(export_child(shop.database, shop.directory, yaml, point + side + "@2 kill"));
            CHECK(killed.exit == 128 + 9);
            CHECK(run(export_child(shop.database, shop.directory, yaml, "")).exit == 0);
            std::string all;
            for (const auto& [name, bytes] : files_of(shop.directory)) {
                CHECK(name.ends_with(".csv"));
                all += bytes.substr(bytes.find('\n') + 1);
            }
            CHECK(all == "t1,101\r\nt2,102\r\nt3,103\r\nt4,104\r\nt5,105\r\n");
            CHECK(shop.pending() == 0);
            CHECK(shop.with_status("EXPORTED") == 5);
        }
}

TEST_CASE("a full disk leaves nothing under the final name and loses no row") {
    const Shop shop;
    owe_exports(shop.database, "shop", 2000);
    const auto yaml = file_target(shop.directory, 2000);
    auto launch = export_child(shop.database, shop.directory, yaml, "");
    launch.file_bytes_max = 8192;
    const auto full = run(launch);
    INFO(full.err);
    CHECK((full.exit == 73 || full.exit == 74));
    CHECK(files_of(shop.directory).count("shop-001.csv") == 0);
    CHECK(shop.pending() == 2000);
    CHECK(shop.run(yaml).delivered == 2000);
    CHECK(files_of(shop.directory).size() == 1);
    CHECK(files_of(shop.directory).count("shop-001.csv") == 1);
}

TEST_CASE("a directory that is missing keeps the rows and lets other targets go on") {
    const Shop shop;
    owe_exports(shop.database, "shop", 1);
    owe_exports(shop.database, "queue", 1);
    auto options = export_options(
        shop.database, "exports:\n"
                       "  - {name: shop, kind: file, directory: /nowhere/at/all, file_name: "
                       "'a{sequence}', columns: {id: mid}}\n"
                       "  - {name: queue, kind: queue, routing_key: q, record: {id: mid}}\n");
    options.outbox = false;
    try {
        static_cast<void>(exporting::run(options));
        FAIL("no error");
    } catch (const Error& problem) {
        CHECK(problem.exit() == Exit::cannot_create);
    }
    CHECK(shop.pending() == 1);
    CHECK(shop.database.text("SELECT properties ->> 'type' || ' ' || body FROM ops.outbox") ==
          R"(queue {"id":"mid-1"})");
}

TEST_CASE("a file of somebody else is never replaced") {
    const Shop shop;
    owe_exports(shop.database, "shop", 1);
    static_cast<void>(shop.directory.write("out/shop-001.csv", "theirs"));
    CHECK(shop.run(file_target(shop.directory, 10)).delivered == 1);
    CHECK(files_of(shop.directory).at("shop-001.csv") == "theirs");
    CHECK(files_of(shop.directory).count("shop-002.csv") == 1);
}

TEST_CASE("only one process serves a file target at a time") {
    const Shop shop;
    owe_exports(shop.database, "shop", 1);
    const auto connection = shop.database.connect();
    const auto lock = db::SessionLock::acquire(*connection, db::LockClass::export_target, "shop",
                                               std::chrono::milliseconds(0));
    REQUIRE(lock);
    const auto counts = shop.run(file_target(shop.directory, 10));
    CHECK(counts.busy);
    CHECK(counts.delivered == 0);
}

TEST_CASE("requests carry the row, its key and the credentials") {
    const Shop shop;
    HttpServer server;
    const auto secret = shop.directory.write("token", "s3cret\n");
    fs::permissions(secret, fs::perms::owner_read | fs::perms::owner_write);
    owe_exports(shop.database, "shop", 3);
    const auto counts = shop.run(http_target(
        server,
        ", headers: {X-Shop: one}, max_in_flight: 1, auth: {kind: bearer, file: " + secret + "}"));
    CHECK(counts.delivered == 3);
    CHECK(counts.requests == 3);
    const auto requests = server.requests();
    REQUIRE(requests.size() == 3);
    CHECK(requests[0].method == "POST");
    CHECK(requests[0].path == "/told");
    CHECK(requests[0].headers.at("authorization") == "Bearer s3cret");
    CHECK(requests[0].headers.at("x-shop") == "one");
    CHECK(requests[0].headers.at("content-type") == "application/json");
    const auto body = nlohmann::json::parse(requests[0].body);
    CHECK(body.at("id") == "t1");
    CHECK(body.at("uid") == requests[0].headers.at("idempotency-key"));
    CHECK(shop.pending() == 0);
    CHECK(shop.with_status("EXPORTED") == 3);
}

TEST_CASE("several requests are under way at once, and no more than declared") {
    const Shop shop;
    HttpServer server;
    server.answer_always({.hang_ms = 50});
    owe_exports(shop.database, "shop", 20);
    CHECK(shop.run(http_target(server, ", max_in_flight: 5")).delivered == 20);
    CHECK(server.most_at_once() > 1);
    CHECK(server.most_at_once() <= 5);
}

TEST_CASE("what fails climbs its ladder with its reason, and ends as EXPORT_FAILED") {
    const Shop shop;
    HttpServer server;
    owe_exports(shop.database, "shop", 1);
    const auto yaml = http_target(server, ", timeout: 500ms, ladder: [{times: 4, after: 20m}]");
    const auto attempt = [&](const HttpAnswer& answer) {
        server.answer_next(answer);
        const auto counts = shop.run(yaml);
        const auto reason =
            shop.database.text("SELECT failure_reason FROM harmonia.pending_export");
        shop.due_now();
        return std::make_pair(counts, reason);
    };
    const auto [refused, why] = attempt({.status = 500, .body = "oh no"});
    CHECK(refused.put_off == 1);
    CHECK(why == "HTTP 500: oh no");
    CHECK(attempt({.hang_ms = 5000}).second.find("timed out") != std::string::npos);
    CHECK(attempt({.cut = true}).first.put_off == 1);
    CHECK(attempt({.status = 404}).first.put_off == 1);
    CHECK(shop.pending() == 1);
    CHECK(attempt({.status = 302}).first.failed == 1);
    CHECK(shop.pending() == 0);
    CHECK(shop.with_status("EXPORT_FAILED") == 1);
    CHECK(shop.database.text("SELECT string_agg(attempt || ' ' || outcome || ' ' ||"
                             " coalesce(status_code::text, '-'), ', ' ORDER BY attempt)"
                             " FROM harmonia.export_attempt") ==
          "0 put_off 500, 1 put_off -, 2 put_off -, 3 put_off 404, 4 failed 302");
    std::set<std::string> keys;
    for (const auto& request : server.requests())
        keys.insert(request.headers.at("idempotency-key"));
    CHECK(keys.size() == 1);
}

TEST_CASE("a receiver that is not there is retried, not an error of the run") {
    const Shop shop;
    owe_exports(shop.database, "shop", 2);
    const auto counts =
        shop.run("exports:\n  - {name: shop, kind: http, url: 'http://127.0.0.1:1/', "
                 "record: {id: mid}, ladder: [{after: 20m}]}\n");
    CHECK(counts.put_off == 2);
    CHECK(shop.database.count("SELECT count(*) FROM harmonia.pending_export WHERE retry_at >"
                              " now() + interval '19 min' AND lease_owner IS NULL") == 2);
}

TEST_CASE("M-77 a failed batch is sent again alone") {
    const Shop shop;
    HttpServer server;
    owe_exports(shop.database, "shop", 250);
    const auto yaml = http_target(
        server, ", mode: batch, batch_size: 200, records_member: transactions, max_in_flight: 1");
    server.answer_next({});
    server.answer_next({.status = 503});
    const auto first = shop.run(yaml);
    CHECK(first.delivered == 200);
    CHECK(first.put_off == 50);
    shop.due_now();
    CHECK(shop.run(yaml).delivered == 50);
    std::vector<std::size_t> sizes;
    for (const auto& request : server.requests())
        sizes.push_back(nlohmann::json::parse(request.body).at("transactions").size());
    CHECK(sizes == std::vector<std::size_t>{200, 50, 50});
    CHECK(server.requests()[1].headers.at("idempotency-key") ==
          server.requests()[2].headers.at("idempotency-key"));
}

TEST_CASE("M-78 missing data fails the export without a request") {
    const Shop shop;
    HttpServer server;
    owe_exports(shop.database, "shop", 2);
    shop.database.execute("UPDATE harmonia.export_transaction SET loyalty_id = NULL"
                          " WHERE transaction_id = 't1'");
    const auto counts = shop.run(http_target(server, ", required: [loyalty_id]"));
    CHECK(counts.failed == 1);
    CHECK(counts.delivered == 1);
    CHECK(server.requests().size() == 1);
    CHECK(shop.pending() == 0);
    CHECK(shop.database.text("SELECT detail FROM harmonia.export_attempt WHERE outcome = 'failed'")
              .starts_with("missing_data"));
}

TEST_CASE("M-79 a lost worker's rows are taken up when its lease ended, a retry counts one more") {
    const Shop shop;
    HttpServer server;
    owe_exports(shop.database, "shop", 2);
    shop.database.execute("UPDATE harmonia.pending_export SET lease_owner = 'dead', lease_until = "
                          "now() + interval '1 h'");
    CHECK(shop.run(http_target(server)).delivered == 0);
    shop.database.execute(
        "UPDATE harmonia.pending_export SET lease_until = now() - interval '1 s'");
    shop.database.execute("UPDATE harmonia.pending_export SET retry_at = now() - interval '1 s'"
                          " WHERE id = (SELECT max(id) FROM harmonia.pending_export)");
    CHECK(shop.run(http_target(server)).delivered == 2);
    CHECK(shop.database.text("SELECT string_agg(attempt::text, ',' ORDER BY export_transaction_id)"
                             " FROM harmonia.export_attempt") == "0,1");
}

TEST_CASE("killed around an HTTP delivery, the row is told at least once under the same key") {
    for (const std::string point :
         {"export_claim_commit:before", "export_claim_commit:after",
          "export_delivered_commit:before", "export_delivered_commit:after"}) {
        INFO(point);
        const Shop shop;
        HttpServer server;
        owe_exports(shop.database, "shop", 3);
        const auto yaml = http_target(server);
        CHECK(run(export_child(shop.database, shop.directory, yaml, point + " kill")).exit == 137);
        shop.database.execute("UPDATE harmonia.pending_export SET lease_until = now()");
        CHECK(run(export_child(shop.database, shop.directory, yaml, "")).exit == 0);
        CHECK(shop.with_status("EXPORTED") == 3);
        std::map<std::string, std::set<std::string>> bodies;
        for (const auto& request : server.requests())
            bodies[request.headers.at("idempotency-key")].insert(request.body);
        CHECK(bodies.size() == 3);
        for (const auto& [key, different] : bodies)
            CHECK(different.size() == 1);
    }
}

TEST_CASE("a gate postpones without a request") {
    const Shop shop;
    HttpServer server;
    owe_exports(shop.database, "shop", 1);
    shop.database.execute("UPDATE harmonia.export_transaction SET transaction_date = now()");
    CHECK(shop.run(http_target(server, ", gate: {min_age: 24h}")).put_off == 1);
    CHECK(server.requests().empty());
    CHECK(shop.database.count("SELECT count(*) FROM harmonia.pending_export WHERE retry_at >"
                              " now() + interval '23 h'") == 1);
}

TEST_CASE("targets are chosen by name, with a suggestion for a slip") {
    const Shop shop;
    const auto yaml = file_target(shop.directory, 1);
    bool outbox = false;
    const auto all = [&] { return export_options(shop.database, yaml).targets; };
    CHECK(exporting::chosen(all(), {}, outbox).size() == 1);
    CHECK(outbox);
    CHECK(exporting::chosen(all(), {"shop"}, outbox).size() == 1);
    CHECK_FALSE(outbox);
    CHECK(exporting::chosen(all(), {"outbox"}, outbox).empty());
    CHECK(outbox);
    try {
        static_cast<void>(exporting::chosen(all(), {"shpo"}, outbox));
        FAIL("chosen");
    } catch (const Error& problem) {
        CHECK(problem.exit() == Exit::usage);
        CHECK(problem.hint().find("shop") != std::string::npos);
    }
}

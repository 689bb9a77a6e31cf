// A full run with card numbers planted wherever one might occur, and a search for them in
// everything that it leaves behind.
#include "core/base/text.hpp"
#include "tests/db/orders/till.hpp"
#include "tests/e2e/cards/planted.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/rulesets.hpp"

#include <csignal>
#include <map>

using namespace harmonia::test;
namespace fs = std::filesystem;

namespace {

/// The device decides the outcome; reasons show texts of the payment.
const std::string& rules() {
    static const std::string yaml = cards_ruleset(R"(lists:
  stop_cards: {key: card, managed: true}
rules:
  - {id: STOP, when: card in stop_cards, action: block, reason: "stopped"}
  - {id: BAD, when: device == "bad", score: 90, reason: "{customer} with {card} at {merchant}"}
  - {id: ODD, when: device == "odd", score: 50, reason: "{customer} by {method}"}
alerts:
  declined: {severity: critical, group_by: [card]}
  review: {severity: warning, group_by: [queue]}
)");
    return yaml;
}

std::string configuration(const TestQueue& in, const TestQueue& out, const std::string& directory) {
    return fmt::format(
        "feeds:\n"
        "  - {{name: till, like: orders, card_check: warn, source: {{kind: queue, queue: {0}}}}}\n"
        "screening: {{publish: true}}\n"
        "export: {{notify_queue: {1}}}\n"
        "exports:\n"
        "  - {{name: itsu, kind: file, directory: {2}, file_name: \"itsu-{{sequence}}.csv\",\n"
        "     columns: {{id: transaction_id, mid: mid, identifier: primary_identifier,\n"
        "               last_four: last_four, auth: auth_code, extra: extra}}}}\n"
        "alerts:\n"
        "  publish: true\n"
        "  channels:\n"
        "    log: {{type: file, path: {2}/alerts.jsonl}}\n"
        "    mail: {{type: command, command: [/bin/sh, -c, \"cat >> {2}/mails\"], from: a@x.test, "
        "to: [b@x.test]}}\n"
        "    queue: {{type: queue, exchange: \"\", routing_key: {1}, form: legacy}}\n"
        "  route: {{group_by: [kind], group_wait: 0s}}\n",
        in.name(), out.name(), directory);
}

class FullRun {
public:
    FullRun() : till(Till::Key::there, configuration(in, out, workshop.path())) {}

    /// Runs the program; its output is kept for the search.
    int run(const std::vector<std::string>& arguments, const std::string& input = {}) {
        Launch launch =
            till.launch(arguments, {{"HARMONIA_BROKER_URL", BrokerHost::instance().settings().url},
                                    {"HARMONIA_LOG_LEVEL", "debug"}});
        launch.input = input;
        const Finished finished = harmonia::test::run(launch);
        std::string words;
        for (const std::string& argument : arguments)
            words += argument + " ";
        said += words.substr(0, words.find("4000")) + "\n" + finished.out + finished.err;
        return finished.exit;
    }
    int import_text(const std::string& feed, const std::string& name, const std::string& text) {
        const std::string path = workshop.write("in/" + name, text);
        return run({"import", feed, "--file", path});
    }

    TempDir workshop;
    TestQueue in, out;
    Till till;
    Planted planted;
    std::string said;
};

/// Files of the two servers that grow while a test runs, with their sizes.
std::map<fs::path, std::uint64_t> server_logs(const TempDatabase& database) {
    std::map<fs::path, std::uint64_t> logs;
    const fs::path servers =
        fs::path(database.text("SELECT setting FROM pg_settings WHERE name = 'data_directory'"))
            .parent_path()
            .parent_path();
    for (const fs::path& log : {servers / "postgres/log", servers / "rabbitmq/console.log"})
        if (fs::is_regular_file(log))
            logs[log] = fs::file_size(log);
    return logs;
}

constexpr const char* k_columns = "external_id,event_time,amount,currency,method,pan,order_id,"
                                  "order_name,customer,merchant,device,"
                                  "card_token,method_type,terminal,kind,channel,mcc,lat";

/// A record of these columns; the missing ones are empty.
std::string csv_row(std::map<std::string, std::string> cells) {
    static int number = 0;
    cells.try_emplace("external_id", "p" + std::to_string(++number));
    cells.try_emplace("event_time", "2026-10-01T10:00:00Z");
    cells.try_emplace("amount", "1");
    cells.try_emplace("currency", "EUR");
    cells.try_emplace("method", cells.contains("pan") ? "card" : "wallet");
    cells.try_emplace("merchant", "m1");
    std::string row;
    for (const std::string_view column : harmonia::split(k_columns, ','))
        row += (row.empty() ? "\"" : ",\"") + cells[std::string(column)] + "\"";
    return row + "\n";
}

std::string csv_rows(Planted& planted) {
    std::string csv = std::string(k_columns) + "\n";
    const auto number = [&] { return planted.good(); };
    csv += csv_row({{"pan", number()}});
    csv += csv_row({{"pan", Planted::grouped(number(), ' ')}});
    csv += csv_row({{"pan", Planted::grouped(number(), '-')}});
    csv += csv_row({{"order_id", "o4"}, {"order_name", "gift for " + number()}});
    csv += csv_row(
        {{"order_id", "o5"}, {"order_name", "gift, card " + Planted::grouped(number(), ' ')}});
    const std::vector<std::string> others{"order_id", "order_name", "customer",   "merchant",
                                          "terminal", "card_token", "method_type"};
    for (const char* device : {"bad", "odd", ""}) // the card where other fields belong
        for (const char between : {'\0', ' ', '-'})
            for (const char* before : {"", "Jo "}) {
                const std::string own = number();
                std::map<std::string, std::string> cells{{"pan", own}, {"device", device}};
                for (const std::string& column : others)
                    cells[column] = before + (between != 0 ? Planted::grouped(own, between) : own);
                csv += csv_row(cells);
            }
    csv += csv_row({{"card_token", number()}, {"device", "odd"}});
    csv += csv_row({{"method", number()}, {"device", "odd"}});
    csv += csv_row({{"method_type", number()}, {"device", "odd"}});
    // Approved, matched, and exported to its merchant.
    const std::string exported = number();
    csv += csv_row({{"external_id", "exported"},
                    {"amount", "17"},
                    {"pan", exported},
                    {"customer", exported},
                    {"terminal", "Jo " + Planted::grouped(exported, ' ')},
                    {"order_id", "o17"},
                    {"order_name", "gift for " + Planted::grouped(exported, '-')}});
    // Rejected records.
    csv += csv_row({{"pan", number()}, {"currency", "XXX"}});
    csv += csv_row({{"pan", planted.bad()}});
    const std::string wrong = planted.bad();
    csv += csv_row({{"pan", wrong}, {"customer", wrong}, {"order_name", "of " + wrong}});
    const std::string own = number(), within = number();
    csv += csv_row({{"pan", own}, {"external_id", own}});
    csv += csv_row({{"pan", within}, {"external_id", "id " + within}});
    for (const char* column : {"amount", "currency", "event_time", "kind", "channel", "mcc", "lat"})
        csv += csv_row({{column, number()}});
    csv += csv_row({{"pan", planted.bad() + "0000000"}});
    csv += "p90,2026-10-01T10:00:00Z,1,EUR,card," + number() + "\n";
    return csv;
}

std::string json_lines(Planted& planted) {
    const auto line = [](int id, const std::string& more) {
        return fmt::format(R"({{"external_id":"j{}","event_time":"2026-10-01T10:00:00Z",)"
                           R"("amount":1,"currency":"EUR","method":"wallet",{}}})",
                           id, more) +
               "\n";
    };
    const std::string key = planted.good(), item = planted.good(), note = planted.good();
    std::string json = line(1, fmt::format(R"("{}":"x")", key));
    json +=
        line(2, fmt::format(R"("a":{{"{}":{{"b":1}}}})", Planted::grouped(planted.good(), ' ')));
    json += line(3, fmt::format(R"("order_id":"oi","order_cost":1,"order_items":[{{"id":"{0}",)"
                                R"("name":"a {0}","cost":1}}])",
                                item));
    json += line(4, fmt::format(R"("note":"{0}","list":["{0}",{0}])", note));
    json += line(5, fmt::format(R"("pan":{0},"x":{{"y":[{0}]}},"customer":"{0}")", planted.good()));
    json += line(6, fmt::format(R"("pan":"{0}","cvc":"123")", planted.bad())); // refused
    json += fmt::format("{{\"external_id\":\"j7\",\"pan\":{},\"amount\":\n", planted.good());
    json += planted.good() + "\n";
    json += "\"" + Planted::grouped(planted.good(), '-') + "\n";
    return json;
}

void import_all(FullRun& at) {
    Planted& planted = at.planted;
    at.till.database().execute(
        "INSERT INTO harmonia.loyalty_scheme (slug) VALUES ('itsu');"
        "INSERT INTO harmonia.payment_provider (slug) VALUES ('orders');"
        "INSERT INTO harmonia.merchant_identifier (identifier, loyalty_scheme_id, "
        "payment_provider_id) SELECT 'm1', s.id, p.id FROM harmonia.loyalty_scheme s, "
        "harmonia.payment_provider p;");
    CHECK(at.import_text("orders-csv", "day.csv", csv_rows(planted)) == 3);
    // Its header is a record.
    CHECK(at.import_text("orders-csv", "heading.csv",
                         "p98,1," + planted.good() + "," + planted.bad() + "\np99,1\n") != 0);
    CHECK(at.import_text("orders-ndjson", "day.ndjson", json_lines(planted)) == 3);
    CHECK(at.import_text("labels", "labels.csv",
                         "provider,transaction_id,label,source,known_at,note\n"
                         "orders,p1,fraud,analyst,2026-10-11T00:00:00Z,see " +
                             planted.good() + "\norders," + planted.good() +
                             ",fraud,analyst,2026-10-11T00:00:00Z,\n") == 3);
    // From the feed's directory: the file's name is recorded as well.
    const fs::path spooled = at.till.directory() / "imports/orders/day.ndjson";
    std::ofstream(spooled) << json_lines(planted);
    CHECK(at.run({"import", "orders-ndjson"}) == 3);
    at.in.put(planted.good());
    for (const std::string& number : {planted.good(), planted.bad()}) {
        at.in.put(fmt::format(R"({{"external_id":"q{0}","event_time":"2026-10-01T10:00:00Z",)"
                              R"("amount":1,"currency":"EUR","method":"card","pan":"{1}",)"
                              R"("device":"bad","customer":"{1}"}})",
                              number.substr(12), number));
        at.in.put(fmt::format(R"({{"external_id":"r{0}","pan":{1},"cvv":"123")", number.substr(12),
                              number));
        at.in.put(fmt::format(R"({{"amount":"1","pan":"{0}","{0}":1}})", number));
    }
    CHECK(at.run({"import", "till"}) == 3);
    CHECK(at.run({"import", "rejects", "list"}) == 0);
    CHECK(at.run({"dead-letter", "list"}) == 0);
}

void screen_all(FullRun& at) {
    Planted& planted = at.planted;
    const std::string file = at.workshop.write("cards.yaml", rules());
    CHECK(at.run({"screen", "lists", "add", "stop_cards", "--key", "card"}, planted.good()) == 0);
    CHECK(at.run({"screen", "lists", "add", "stop_cards", planted.good()}) != 0);
    CHECK(at.run({"screen", "rules", "submit", file, "--by", "a", "--note", planted.good()}) == 0);
    CHECK(at.run({"screen", "rules", "approve", "cards@1", "--by", "b"}) == 0);
    CHECK(at.run({"screen", "rules", "activate", "cards@1"}) == 0);
    CHECK(at.run({"screen"}) == 0);
    const auto& database = at.till.database();
    CHECK(database.count("SELECT count(*) FROM harmonia.payment_transaction "
                         "WHERE screen = 'DECLINED'") >= 4);
    const std::string under_review =
        database.text("SELECT min(id) FROM harmonia.payment_transaction WHERE screen = 'REVIEW'");
    CHECK(at.run({"screen", "explain", under_review}) == 0);
    CHECK(at.run({"screen", "explain", planted.good()}) != 0);
    CHECK(at.run({"screen", "review", "list"}) == 0);
    CHECK(at.run({"screen", "review", "assign", under_review, "--to", planted.good()}) == 0);
    CHECK(at.run({"screen", "review", "approve", under_review, "--reason",
                  "asked for " + planted.good()}) == 0);
    CHECK(at.run({"screen", "suppress", "BAD", "customer=c77", "--ruleset", "cards", "--for", "1d",
                  "--reason", planted.good()}) == 0);
    CHECK(at.run({"screen", "suppress", "BAD", "card=" + planted.good(), "--ruleset", "cards",
                  "--for", "1d", "--reason", "x"}) == 64);
}

void notify_all(FullRun& at) {
    Planted& planted = at.planted;
    CHECK(at.run({"alert", "silence", "add", "customer=c77", "--for", "1d", "--comment",
                  "of " + planted.good()}) == 0);
    CHECK(at.run({"alert", "silence", "add", "card=" + planted.good(), "--for", "1d", "--comment",
                  "x"}) == 64);
    CHECK(at.run({"alert", "--flush"}) == 0);
    CHECK(fs::file_size(at.workshop.path() + "/alerts.jsonl") > 0);
    CHECK(fs::file_size(at.workshop.path() + "/mails") > 0);
    at.till.database().execute(
        "INSERT INTO harmonia.scheme_transaction (provider_slug, transaction_id, "
        "payment_provider_slug, merchant_identifier_ids, mids, transaction_date, spend_amount, "
        "spend_currency, batch_id, record_no) SELECT 'itsu', 'receipt-1', 'orders', "
        "merchant_identifier_ids, ARRAY[mid], transaction_date, spend_amount, spend_currency, "
        "batch_id, 1000 FROM harmonia.payment_transaction WHERE transaction_id = 'exported'");
    CHECK(at.run({"match"}) == 0);
    CHECK(at.run({"export", "itsu"}) == 0);
    CHECK(file_text(at.workshop.path() + "/itsu-1.csv").find("receipt-1") != std::string::npos);
    CHECK(at.run({"export", "outbox"}) != 1);
    CHECK(at.out.count() > 0);
    CHECK(at.run({"status"}) != 1);
    CHECK(at.run({"audit"}) != 1);
}

void serve_all(FullRun& at) {
    Planted& planted = at.planted;
    const int port = free_port();
    Launch launch = at.till.launch({"serve", "--api", "transact"});
    launch.environment["HARMONIA_SERVE_TRANSACT_LISTEN"] = fmt::format("127.0.0.1:{}", port);
    Running server(launch);
    wait_until_listening(port);
    const auto post = [&](const std::string& path, const std::string& header,
                          const std::string& body) {
        at.said += RawClient(port).ask(
            fmt::format("POST {} HTTP/1.1\r\nHost: x\r\n{}Content-Length: {}\r\n\r\n{}", path,
                        header, body.size(), body));
    };
    const auto order = [](const std::string& card, const std::string& name) {
        return fmt::format(R"({{"order":{{"id":1,"name":"{1}","cost":1.00,"currency":"EUR"}},)"
                           R"("paymentMethod":"icicidebit","payment":{{"card":{0},)"
                           R"("type":"debit","amount":1.00,"currency":"EUR"}}}})",
                           card, name);
    };
    post("/transact", "", order(planted.good(), "for " + planted.good()));
    post("/transact", "", order(planted.bad(), "x"));
    post("/transact", "Idempotency-Key: " + planted.good() + "\r\n", order(planted.good(), "x"));
    post("/transact/" + planted.good() + "?card=" + planted.good(), "", "{}");
    post("/transact", "", planted.good());
    post("/transact", "", order("\"" + planted.good() + "\"", "x").substr(0, 120));
    post("/service/fraudpolice/api/v1/transaction/", "",
         fmt::format(R"({{"transactionID":1,"userID":{0},"paymentMethod":"x","payment":)"
                     R"({{"card":{0}}},"order":"{0}"}})",
                     planted.good()));
    server.signal(SIGTERM);
    const Finished finished = server.wait();
    CHECK(finished.exit == 128 + SIGTERM);
    at.said += finished.out + finished.err;
}

} // namespace

TEST_CASE("a full run leaves no planted card number anywhere") {
    FullRun at;
    const auto logs = server_logs(at.till.database());
    const int checked = at.run({"config", "check"});
    INFO(at.said);
    REQUIRE(checked == 0);
    import_all(at);
    screen_all(at);
    notify_all(at);
    serve_all(at);
    CHECK(at.run({"screen"}) == 0);
    REQUIRE(at.planted.numbers().size() > 50);

    Planted& planted = at.planted;
    planted.search(at.till.database());
    CHECK(planted.tables() > 20);
    for (const std::string_view line : harmonia::split(at.said, '\n'))
        planted.search("said: " + std::string(line), std::string(line));
    for (const auto& [log, size] : logs)
        planted.search_file(log, size);
    for (const char* file : {"alerts.jsonl", "mails", "itsu-1.csv"})
        planted.search_file(fs::path(at.workshop.path()) / file);
    for (const auto& file : fs::recursive_directory_iterator(at.till.directory() / "spool"))
        if (file.is_regular_file())
            planted.search_file(file.path());
    for (const auto& delivery : at.out.take_all())
        planted.search("a queue", delivery.body + delivery.properties_json());
    for (const std::string& place : planted.found())
        UNSCOPED_INFO(place);
    CHECK(planted.found().empty());
}

TEST_CASE("the search finds a number in any column, however it is written") {
    const TempDatabase database;
    Planted planted;
    const std::string number = planted.good();
    planted.search(database);
    CHECK(planted.found().empty());
    database.execute(fmt::format(
        "CREATE TABLE screening.scratch (a text, b bytea, c jsonb, d text[], e numeric, f xml);"
        "INSERT INTO screening.scratch (a) VALUES ('x {0} y'), ('{1}'), ('{2}');"
        "INSERT INTO screening.scratch (b) VALUES (convert_to('p={0}', 'UTF8')), "
        "(convert_to('{1}', "
        "'UTF8'));"
        "INSERT INTO screening.scratch (c) VALUES ('{{\"k\": [\"{2}\"]}}'), ('{{\"{0}\": 1}}');"
        "INSERT INTO screening.scratch (d) VALUES (ARRAY['a', '{0}']);"
        "INSERT INTO screening.scratch (e) VALUES ({0});"
        "INSERT INTO screening.scratch (f) VALUES ('<a>{0}</a>');",
        number, Planted::grouped(number, ' '), Planted::grouped(number, '-')));
    planted.search(database);
    CHECK(planted.found().size() == 10);
    for (const std::string& place : planted.found())
        CHECK(place.starts_with("screening.scratch "));
}

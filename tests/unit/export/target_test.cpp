#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "exporters/target.hpp"
#include "jobs/export/decide.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using exporters::Row;
using exporters::Target;
using exporting::Instant;
using exporting::Verdict;
using namespace std::chrono_literals;

namespace {

Target target_of(const std::string& item) {
    auto targets = exporters::load_targets(config::parse("exports:\n  - " + item, "t.yaml"));
    REQUIRE(targets.size() == 1);
    return std::move(targets.front());
}

Row row_of(std::string_view id, std::int64_t amount = 300) {
    Row row;
    row.values.resize(exporters::row_names().size());
    const auto put = [&](const char* name, expr::Value value) {
        row.values[exporters::row_index(name)] = value;
    };
    put("transaction_id", expr::Value::of_text(id));
    put("spend_amount", expr::Value::of(amount));
    put("spend_currency", expr::Value::of_text("GBP"));
    put("export_uid", expr::Value::of_text("uid"));
    put("loyalty_id", expr::Value::of_text("member"));
    put("transaction_date", expr::Value::of_instant(1711385673000000)); // 2024-03-25 16:54:33 UTC
    put("extra", expr::Value::of_text(R"({"a":{"b":"c\"d"}})"));
    return row;
}

std::string line_of(const std::string& item, const Row& row) {
    const auto target = target_of(item);
    const auto& sink = std::get<exporters::FileSink>(target.sink);
    std::string out;
    sink.format.append_header(out);
    expr::Arena arena;
    const auto done = sink.format.append(out, row, arena);
    return done ? out : done.error().code;
}

std::string json_of(const std::string& record, const Row& row) {
    const auto target = target_of("{name: x, kind: queue, routing_key: q, record: " + record + "}");
    std::string out = "before ";
    expr::Arena arena;
    const auto done = std::get<exporters::QueueSink>(target.sink).record.append(out, row, arena);
    return done ? out : out + done.error().field;
}

Instant at(const char* clock) { // a time of 2026-11-21 UTC, HH:MM
    const int hours = std::stoi(clock), minutes = std::stoi(clock + 3);
    return Instant(std::chrono::seconds(1795219200)) + std::chrono::hours(hours) +
           std::chrono::minutes(minutes);
}

const std::string k_http = "{name: x, kind: http, url: 'http://h/', record: {id: export_uid}";

} // namespace

TEST_CASE("M-76 a file line: declared columns, CRLF, an absent value is an empty column") {
    CHECK(
        line_of("{name: s, kind: file, directory: /d, file_name: 'a{sequence}', format: {header: "
                "false}, columns: {id: transaction_id, member: loyalty_id, location: location_id, "
                "amount: spend_amount, date: 'day_text(transaction_date, \"UTC\")', uid: "
                "export_uid}}",
                row_of("id")) == "id,member,,300,2024-03-25,uid\r\n");
}

TEST_CASE("CSV quotes what must be quoted, JSON lines keep numbers") {
    const std::string file = "name: s, kind: file, directory: /d, file_name: 'a{sequence}'";
    CHECK(line_of("{" + file +
                      ", format: {separator: '|', line_end: lf}, columns: {i: transaction_id, x: "
                      "'\"p|q\"'}}",
                  row_of("say \"hi\"")) == "i|x\n\"say \"\"hi\"\"\"|\"p|q\"\n");
    CHECK(line_of("{" + file +
                      ", format: {kind: json}, columns: {i: transaction_id, n: spend_amount,"
                      " z: location_id}}",
                  row_of("t")) == "{\"i\":\"t\",\"n\":300,\"z\":null}\n");
    CHECK(line_of("{" + file + ", columns: {n: integer(transaction_id)}}", row_of("x")) ==
          "bad_value");
}

TEST_CASE("a record is a tree of expressions") {
    const auto row = row_of("t\n1");
    CHECK(
        json_of("{id: transaction_id, list: [spend_amount, {deep: '\"x\"'}], pounds: "
                "'number(major_text(spend_amount, spend_currency, \"padded\"))', none: location_id,"
                " sub: 'json_get(extra, \"a.b\")', yes: 'spend_amount > 0'}",
                row) == R"(before {"id":"t\n1","list":[300,{"deep":"x"}],"pounds":3.00,)"
                        R"("none":null,"sub":"c\"d","yes":true})");
    CHECK(json_of("{ok: export_uid, wrong: integer(transaction_id)}", row) == "before wrong");
}

TEST_CASE("M-78 a missing required value is named") {
    const auto target =
        target_of("{name: x, kind: queue, routing_key: q, record: {a: mid}, required: "
                  "[loyalty_id, location_id]}");
    const auto checked = target.check(row_of("t"));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == "missing_data");
    CHECK(checked.error().field == "location_id");
}

TEST_CASE("file names are numbered, padded where asked") {
    const auto named = [](const std::string& pattern) {
        const auto target = target_of("{name: s, kind: file, directory: /d, columns: {a: mid}, "
                                      "file_name: '" +
                                      pattern + "'}");
        return std::get<exporters::FileSink>(target.sink).file_name(42);
    };
    CHECK(named("rewards_{sequence}.csv") == "rewards_42.csv");
    CHECK(named("BNK{sequence:10}") == "BNK0000000042");
}

TEST_CASE("mistakes in a declaration are found when it is loaded") {
    const std::string file = "name: s, kind: file, directory: /d, file_name: 'a{sequence}'";
    for (const std::string& item :
         {std::string("{kind: file}"), std::string("{name: x, kind: fax}"),
          "{" + file + ", columns: {}}", "{" + file + ", columns: {a: no_such_name}}",
          "{" + file + ", columns: {a: 'mid +'}}", "{" + file + ", columns: {a: mid}, colour: red}",
          "{" + file + ", columns: {a: mid}, required: [nothing]}",
          "{" + file + ", columns: {a: mid}, format: {separator: ',,'}}",
          std::string("{name: s, kind: file, directory: /d, file_name: a.csv, columns: {a: mid}}"),
          std::string(
              "{name: s, kind: file, directory: /d, file_name: '../a{sequence}', columns: {a: "
              "mid}}"),
          std::string("{name: x, kind: http, url: 'ftp://h/', record: {id: mid}}"),
          k_http + ", ladder: [{times: 1}]}", k_http + ", ladder: [{at: '25:00', zone: UTC}]}",
          k_http + ", ladder: [{at: '10:00', zone: Nowhere}]}",
          k_http + ", success: {status: ['abc']}}", k_http + ", max_in_flight: 65}",
          k_http + ", auth: {kind: bearer}}", k_http + ", headers: {a: \"b\\r\\nc\"}}",
          std::string("{name: outbox, kind: queue, routing_key: q, record: {a: mid}}")}) {
        INFO(item);
        CHECK_THROWS_AS(target_of(item), Error);
    }
}

TEST_CASE("success is what the declaration says, anything else climbs the ladder") {
    const auto target =
        target_of(k_http + ", success: {status: ['2xx', '409']}, ladder: [{times: 1, "
                           "after: 20m}, {times: 6, at: '10:00', zone: UTC}]}");
    const auto& sink = std::get<exporters::HttpSink>(target.sink);
    const auto judged = [&](int status, int attempt, Instant now) {
        net::HttpAnswer answer;
        answer.status = status;
        answer.body = "card 4111111111111111";
        if (status == 0)
            answer.error = "connection refused";
        return exporting::judge(sink, answer, attempt, now);
    };
    CHECK(judged(204, 0, at("11:00")).kind == Verdict::Kind::delivered);
    CHECK(judged(409, 0, at("11:00")).kind == Verdict::Kind::delivered);
    CHECK(judged(500, 0, at("11:00")).when == at("11:20"));
    CHECK(judged(302, 0, at("11:00")).kind == Verdict::Kind::put_off);
    CHECK(judged(0, 0, at("11:00")).detail == "connection refused");
    CHECK(judged(500, 0, at("11:00")).detail.find("4111111111111111") == std::string::npos);
}

TEST_CASE("M-68 n = 0 waits 20 minutes, then next 10:00, and n = 7 fails") {
    const auto target =
        target_of(k_http + ", ladder: [{times: 1, after: 20m}, {times: 6, at: '10:00', "
                           "zone: UTC}]}");
    const auto& sink = std::get<exporters::HttpSink>(target.sink);
    net::HttpAnswer answer;
    answer.status = 500;
    const auto judged = [&](int attempt, Instant now) {
        return exporting::judge(sink, answer, attempt, now);
    };
    CHECK(judged(0, at("11:00")).when == at("11:20"));
    CHECK(judged(1, at("11:00")).when == at("10:00") + 24h);
    CHECK(judged(1, at("09:00")).when == at("10:00"));
    CHECK(judged(6, at("09:00")).kind == Verdict::Kind::put_off);
    CHECK(judged(7, at("09:00")).kind == Verdict::Kind::failed);
}

TEST_CASE("the default ladder makes five attempts") {
    const auto target = target_of(k_http + "}");
    net::HttpAnswer answer;
    answer.status = 503;
    const auto& sink = std::get<exporters::HttpSink>(target.sink);
    CHECK(exporting::judge(sink, answer, 3, at("11:00")).when == at("11:20"));
    CHECK(exporting::judge(sink, answer, 4, at("11:00")).kind == Verdict::Kind::failed);
}

TEST_CASE("a gate holds a row back until it is old enough") {
    const auto target = target_of(k_http + ", gate: {min_age: 24h}}");
    auto row = row_of("t");
    const Instant bought{std::chrono::microseconds(1711385673000000)};
    CHECK(exporting::held_until(target, row, bought + 10h) == bought + 24h);
    CHECK_FALSE(exporting::held_until(target, row, bought + 24h));
    CHECK_FALSE(exporting::held_until(target_of(k_http + "}"), row, bought));
}

TEST_CASE("a refused outbox row rests from ten seconds to a quarter of an hour") {
    CHECK(exporting::outbox_retry_delay(1) == 10s);
    CHECK(exporting::outbox_retry_delay(2) == 20s);
    CHECK(exporting::outbox_retry_delay(7) == 640s);
    CHECK(exporting::outbox_retry_delay(8) == 900s);
    CHECK(exporting::outbox_retry_delay(1000) == 900s);
}

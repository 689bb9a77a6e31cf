// What is taken in, and what goes to the dead letters.
#include "core/smp/decode.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/smp/bodies.hpp"

#include <cstdint>
#include <limits>
#include <string>

using namespace harmonia;
using namespace harmonia::smp;
using test::Body;
using test::change_body;
using test::configure_body;
using test::finalize_body;
using test::prepare_body;

namespace {

std::string repeated(std::size_t count, const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i)
        out += text;
    return out;
}

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

/// The problem's code, with the field; `taken` when there is none.
std::string verdict(const std::string& body) {
    const auto request = decode_request(body);
    return request ? "taken" : request.error().code + " " + request.error().field;
}
std::string verdict(const Body& body) {
    return verdict(body.text());
}

ConfigureAccount configured(const Body& body) {
    return std::get<ConfigureAccount>(decode_request(body.text()).value());
}

std::int64_t us(const char* text) {
    const auto instant = parse_instant(text);
    REQUIRE(instant);
    return *instant;
}

} // namespace

TEST_CASE("every field of a good message arrives") {
    const auto configure = configured(configure_body());
    CHECK(configure.account == AccountKey{-1, 4294967296});
    CHECK(configure.ts_us == us("2026-03-04T05:06:07.000008Z"));
    CHECK(configure.seqnum == -5);
    CHECK(configure.negligible_amount == 2.5F);
    CHECK(configure.config_flags == 8191);
    const auto prepare =
        std::get<PrepareTransfer>(decode_request(prepare_body().text(), "PrepareTransfer").value());
    CHECK(prepare.sender == AccountKey{-1, 7});
    CHECK(prepare.coordinator ==
          Coordinator{"direct", 7, std::numeric_limits<std::int64_t>::min()});
    CHECK(prepare.min_locked_amount == 1);
    CHECK(prepare.max_locked_amount == k_amount_max);
    CHECK(prepare.recipient == "1234");
    CHECK(prepare.final_interest_rate_ts_us == k_end_of_time_us);
    CHECK(prepare.max_commit_delay_s == 2147483647);
    const auto finalize =
        std::get<FinalizeTransfer>(decode_request(finalize_body().text()).value());
    CHECK(finalize.sender == AccountKey{-1, 7});
    CHECK(finalize.transfer_id == 22845652601929729);
    CHECK(finalize.coordinator == Coordinator{"direct", 7, 3});
    CHECK(finalize.note == Note{"json.v-1", "for bread"});
    const auto change =
        std::get<PendingBalanceChange>(decode_request(change_body().text()).value());
    CHECK(change.account == AccountKey{-1, 8});
    CHECK(change.change_id == 12);
    CHECK(change.principal_delta == -50);
    CHECK(change.coordinator_type == "issuing");
}

TEST_CASE("A-22 properties, JSON, and unknown members") {
    CHECK(check_request_properties("xxx", "ConfigureAccount")->code == "content_type");
    CHECK(check_request_properties("application/json; charset=utf-8", "ConfigureAccount"));
    CHECK(check_request_properties("", "ConfigureAccount"));
    CHECK(check_request_properties("application/json", "xxx")->code == "message_type");
    CHECK(check_request_properties("application/json", "CapitalizeInterest"));
    CHECK_FALSE(check_request_properties("application/json", "ConfigureAccount"));
    CHECK(check_chore_properties("application/json", "ConfigureAccount"));
    CHECK_FALSE(check_chore_properties("application/json", "TryToDeleteAccount"));
    CHECK(verdict("body") == "json ");
    CHECK(verdict("{}") == "missing type");
    CHECK(verdict(configure_body().with("surplus", R"({"a":[1,{"b":null}]})")) == "taken");
    CHECK(verdict(configure_body().with("type", R"("AccountUpdate")")) == "message_type type");
    for (const std::string text : {"",
                                   " ",
                                   "[]",
                                   "null",
                                   "7",
                                   "{",
                                   "{}}",
                                   "{\"type\"}",
                                   "{,}",
                                   "{\"type\":}",
                                   "{\"type\":\"x\",}",
                                   "{'type':1}",
                                   "{\"a\":01}",
                                   "{\"a\":+1}",
                                   "{\"a\":.5}",
                                   "{\"a\":1.}",
                                   "{\"a\":1e}",
                                   "{\"a\":tru}",
                                   "{\"a\":[1,]}",
                                   "{\"a\":\"\\x\"}",
                                   "{\"a\":\"\\u12g4\"}",
                                   "{\"a\":\"\n\"}",
                                   "{\"a\":NaN}",
                                   "{\"a\":1}x",
                                   "{\"a\":1 \"b\":2}",
                                   "{\"a\" 1}"}) {
        INFO(text);
        CHECK(verdict(text) == "json ");
    }
    CHECK(verdict("\xEF\xBB\xBF" + configure_body().text()) == "json "); // a byte order mark
    CHECK(verdict(configure_body().with("x", "\"\xff\"")) == "utf8 ");
    CHECK(verdict(" \r\n\t" + configure_body().text() + "\n ") == "taken");
}

TEST_CASE("A-23 the body's type is that of the properties, to the letter") {
    CHECK(decode_request(configure_body().text(), "ConfigureAccount"));
    CHECK(decode_request(configure_body().text(), "PrepareTransfer").error().code ==
          "type_mismatch");
    CHECK(decode_request(configure_body().with("type", R"("configureAccount")").text(),
                         "ConfigureAccount")
              .error()
              .code == "type_mismatch");
    CHECK(verdict(configure_body().with("type", "1")) == "kind type");
}

TEST_CASE("every member is required") {
    for (const Body& body : {configure_body(), prepare_body(), finalize_body(), change_body()})
        for (const auto& [name, value] : body.members()) {
            CHECK(verdict(body.without(name)) == "missing " + name);
            CHECK(verdict(body.with(name, "null")) == "kind " + name);
            CHECK(verdict(body.with(name, "[1]")) == "kind " + name);
        }
}

TEST_CASE("whole numbers are exact or refused") {
    const auto seqnum = [](const std::string& raw) {
        return verdict(configure_body().with("seqnum", raw));
    };
    for (const char* raw :
         {"1.9", "-1.9", "1e18", "1.0", "\"12\"", "\" 12 \"", "\"1_000\"", "true", "\"1.5\"", "{}"})
        CHECK(seqnum(raw) == "kind seqnum");
    CHECK(seqnum("2147483647") == "taken");
    CHECK(seqnum("-2147483648") == "taken");
    CHECK(seqnum("2147483648") == "range seqnum");
    CHECK(seqnum("-2147483649") == "range seqnum");
    CHECK(seqnum(repeated(5000, "9")) == "range seqnum");
    CHECK(configured(configure_body().with("seqnum", "-0")).seqnum == 0);
    const auto debtor = [](const char* raw) {
        return decode_request(configure_body().with("debtor_id", raw).text());
    };
    CHECK(std::get<ConfigureAccount>(*debtor("9007199254740993")).account.debtor_id ==
          9007199254740993);
    CHECK(debtor("-9223372036854775808"));
    CHECK_FALSE(debtor("9223372036854775808"));
}

TEST_CASE("A-10 an amount to be neglected is a finite number from 0") {
    const auto amount = [](const char* raw) {
        return verdict(configure_body().with("negligible_amount", raw));
    };
    CHECK(amount("-0.1") == "range negligible_amount");
    CHECK(amount("NaN") == "json ");
    CHECK(amount("Infinity") == "json ");
    CHECK(amount("1e400") == "range negligible_amount");
    CHECK(amount("3.5e38") == "range negligible_amount"); // beyond single precision
    CHECK(amount("\"5.5\"") == "kind negligible_amount");
    for (const char* raw : {"5", "-0.0", "3.4028234e38", "1E+30", "1e-400", "0"})
        CHECK(amount(raw) == "taken");
    CHECK(configured(configure_body().with("negligible_amount", "5")).negligible_amount == 5.0F);
    CHECK(configured(configure_body().with("negligible_amount", "3.567")).negligible_amount ==
          3.567F);
}

TEST_CASE("A-11 configuration data are at most 2000 bytes") {
    const auto data = [](const std::string& text) {
        return verdict(configure_body().with("config_data", quoted(text)));
    };
    CHECK(data(repeated(1000, "ж")) == "taken");
    CHECK(data(repeated(1001, "ж")) == "length config_data");
    CHECK(data(repeated(2000, "x")) == "taken");
    CHECK(data(repeated(2001, "x")) == "length config_data");
    CHECK(configured(configure_body().with("config_data", R"("\u0436\ud83d\ude00\/\"\b\t")"))
              .config_data == "ж😀/\"\b\t");
}

TEST_CASE("A-24 coordinator types are 1 to 30 ASCII characters") {
    const auto type = [](const std::string& text) {
        return verdict(finalize_body().with("coordinator_type", quoted(text)));
    };
    CHECK(type("") == "length coordinator_type");
    CHECK(type(repeated(31, "x")) == "length coordinator_type");
    CHECK(type("é") == "text coordinator_type");
    CHECK(type(repeated(30, "x")) == "taken");
    for (const char* other : {"interest", "delete", "test"}) {
        CHECK(type(other) == "taken");
        CHECK(verdict(prepare_body().with("coordinator_type", quoted(other))) == "taken");
    }
}

TEST_CASE("A-25 who may coordinate, and how much at least and at most") {
    const Body issuing = prepare_body()
                             .with("coordinator_type", R"("issuing")")
                             .with("coordinator_id", "-1")
                             .with("creditor_id", "0");
    CHECK(verdict(issuing) == "taken");
    CHECK(verdict(issuing.with("creditor_id", "7")) == "coordinator coordinator_id");
    CHECK(verdict(issuing.with("coordinator_id", "0")) == "coordinator coordinator_id");
    CHECK(verdict(prepare_body().with("coordinator_id", "8")) == "coordinator coordinator_id");
    CHECK(verdict(finalize_body().with("coordinator_id", "8")) == "taken");
    CHECK(verdict(prepare_body().with("min_locked_amount", "2").with("max_locked_amount", "1")) ==
          "min_above_max min_locked_amount");
    CHECK(verdict(prepare_body().with("min_locked_amount", "-1")) == "range min_locked_amount");
    CHECK(verdict(prepare_body().with("max_commit_delay", "-1")) == "range max_commit_delay");
    CHECK(verdict(finalize_body().with("committed_amount", "-1")) == "range committed_amount");
    // An agent answers for its own creditors only.
    const Body agent = prepare_body()
                           .with("coordinator_type", R"("agent")")
                           .with("creditor_id", "1103806595073")
                           .with("coordinator_id", "1099511627776");
    CHECK(verdict(agent) == "taken");
    CHECK(verdict(agent.with("coordinator_id", "2199023255553")) == "other_agent coordinator_id");
    CHECK(verdict(agent.with("creditor_id", "7").with("coordinator_id", "7")) ==
          "other_agent coordinator_id");
}

TEST_CASE("A-26 notes are at most 500 bytes, their formats eight plain characters") {
    const auto note = [](const std::string& text) {
        return verdict(finalize_body().with("transfer_note", quoted(text)));
    };
    CHECK(note(repeated(250, "ж")) == "taken");
    CHECK(note(repeated(251, "ж")) == "length transfer_note");
    CHECK(note(repeated(501, "x")) == "length transfer_note");
    const auto format = [](const std::string& text) {
        return verdict(finalize_body().with("transfer_note_format", quoted(text)));
    };
    CHECK(format("json.v-1") == "taken");
    CHECK(format("") == "taken");
    for (const char* text : {"json.v-12", "a b", "a\\n", "é", "a_b"})
        CHECK(format(text) == "format transfer_note_format");
}

TEST_CASE("A-27 a change changes, and can be undone") {
    const auto delta = [](const char* raw) {
        return verdict(change_body().with("principal_delta", raw));
    };
    CHECK(delta("0") == "range principal_delta");
    CHECK(delta("-9223372036854775808") == "range principal_delta");
    CHECK(delta("-9223372036854775807") == "taken");
    CHECK(delta("9223372036854775807") == "taken");
}

TEST_CASE("A-28 date-times in all their spellings") {
    CHECK(us("2099-12-31 00:00:00.1234567891+02") == us("2099-12-30T22:00:00.123456Z"));
    CHECK(us("2026-3-4T5:6:7") == us("2026-03-04T05:06:07+00:00"));
    CHECK(us("2026-3-4T5:6") == us("2026-03-04T05:06:00Z"));
    CHECK(us("2026-03-04T05:06-0130") == us("2026-03-04T06:36:00Z"));
    CHECK(us("2026-03-04T05:06:07.5+23:59") == us("2026-03-03T05:07:07.500000Z"));
    CHECK(us("1970-01-01T00:00:00.000001Z") == 1);
    CHECK(us("9999-12-31T23:59:59Z") == k_end_of_time_us);
    for (const char* text : {"2026-03-04",
                             "2026-03-04t05:06:07Z",
                             "2026-03-04T05:06:07z",
                             "2026-03-04T05:06:60Z",
                             "2026-03-04T24:00:00Z",
                             "2026-03-04T05:60:00Z",
                             "2026-03-04T05:06:07+24:00",
                             "2026-03-04T05:06:07-2400",
                             "2026-02-30T00:00Z",
                             "2026-13-01T00:00Z",
                             "2026-03-04T05:06:07.Z",
                             "2026-03-04T05:06:07.1234567890123Z",
                             "2026-03-04  05:06Z",
                             "2026-03-04T05:06:07 Z",
                             " 2026-03-04T05:06Z",
                             "2026-03-04T05:06Z\n",
                             "26-03-04T05:06Z",
                             "2026-03-04T05Z",
                             "2026-03-04T05:06+1",
                             "2026-03-04T05:06+01:",
                             "1700000000",
                             "",
                             "0000-01-01T00:00Z",
                             "0001-01-01T00:00:00+05:00",
                             "9999-12-31T23:59:59-00:01"}) {
        INFO(text);
        CHECK_FALSE(parse_instant(text));
    }
}

TEST_CASE("a message is of the years 1970 to 9999, what it refers to may be older") {
    const auto ts = [](const Body& body, const char* member, const char* text) {
        return verdict(body.with(member, quoted(text)));
    };
    for (const char* early :
         {"0001-01-01T00:00:00+05:00", "0001-06-01T00:00:00Z", "1969-12-31T23:59:59.999999Z"}) {
        CHECK(ts(configure_body(), "ts", early) == "time ts");
        CHECK(ts(prepare_body(), "ts", early) == "time ts");
        CHECK(ts(finalize_body(), "ts", early) == "time ts");
    }
    CHECK(ts(configure_body(), "ts", "1970-01-01T00:00Z") == "taken");
    CHECK(ts(prepare_body(), "final_interest_rate_ts", "1969-12-31T23:59:00Z") == "taken");
    CHECK(ts(change_body(), "committed_at", "1969-12-31T00:00:00Z") == "taken");
    CHECK(verdict(configure_body().with("ts", "1700000000")) == "kind ts");
    CHECK(configured(configure_body().with("ts", R"("2026-0\u0033-04T05:06:07")")).ts_us ==
          us("2026-03-04T05:06:07Z"));
}

TEST_CASE("poison: nothing that cannot be stored gets in") {
    for (const char* text : {R"("a\u0000b")", R"("\ud800")", R"("\udc00\ud800")",
                             R"("\udc00\udc00")", R"("\ud800x")", R"("\ud800\u0041")"}) {
        INFO(text);
        CHECK(verdict(configure_body().with("config_data", text)) == "text config_data");
        CHECK(verdict(finalize_body().with("transfer_note", text)) == "text transfer_note");
        CHECK(verdict(finalize_body().with("unknown", text)) == "taken"); // nobody keeps it
    }
    const auto nested = [](std::size_t depth) {
        return verdict(configure_body().with("x", repeated(depth, "[") + repeated(depth, "]")));
    };
    CHECK(nested(k_depth_max - 1) == "taken");
    CHECK(nested(k_depth_max) == "depth ");
    CHECK(nested(1'000'000) == "depth ");
}

TEST_CASE("of repeated members the last counts, however it is spelled") {
    std::string body = configure_body().text();
    body.pop_back();
    CHECK(std::get<ConfigureAccount>(*decode_request(body + R"(,"seqnum":6,"seqnum":7})")).seqnum ==
          7);
    CHECK(std::get<ConfigureAccount>(*decode_request(body + R"(,"seqn\u0075m":8})")).seqnum == 8);
    CHECK(verdict(body + R"(,"seqnum":null})") == "kind seqnum");
    CHECK(
        std::get<ConfigureAccount>(*decode_request(body + R"(,"seqnum":"x","seqnum":7})")).seqnum ==
        7);
}

TEST_CASE("chores") {
    const Body rate({{"type", R"("ChangeInterestRate")"},
                     {"debtor_id", "-1"},
                     {"creditor_id", "8"},
                     {"interest_rate", "200"},
                     {"ts", R"("2026-03-04T05:06:07")"}});
    const auto read = decode_chore(rate.text(), "ChangeInterestRate");
    REQUIRE(read);
    CHECK(std::get<ChangeInterestRate>(*read).interest_rate == 200.0);
    CHECK(decode_chore(rate.with("interest_rate", "1e999").text()).error().code == "range");
    CHECK(decode_chore(configure_body().text()).error().code == "message_type");
    const Body info({{"type", R"("UpdateDebtorInfo")"},
                     {"debtor_id", "-1"},
                     {"creditor_id", "8"},
                     {"debtor_info_iri", R"("https://example.com/")"},
                     {"debtor_info_content_type", R"("")"},
                     {"debtor_info_sha256", quoted(repeated(32, "aB"))},
                     {"ts", R"("2026-03-04T05:06:07Z")"}});
    const auto told = decode_chore(info.text());
    REQUIRE(told);
    CHECK(std::get<UpdateDebtorInfo>(*told).info.sha256 == repeated(32, "AB"));
    CHECK(decode_chore(info.with("debtor_info_sha256", R"("")").text()));
    const auto code = [&](const char* member, const std::string& text) {
        return decode_chore(info.with(member, quoted(text)).text()).error().code;
    };
    CHECK(code("debtor_info_sha256", repeated(63, "a")) == "format");
    CHECK(code("debtor_info_sha256", repeated(64, "g")) == "format");
    CHECK(code("debtor_info_iri", repeated(201, "ж")) == "length");
    CHECK(decode_chore(info.with("debtor_info_iri", quoted(repeated(200, "ж"))).text()));
    CHECK(code("debtor_info_content_type", repeated(101, "x")) == "length");
    CHECK(code("debtor_info_content_type", "ж") == "text");
}

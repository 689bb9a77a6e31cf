// The rules of the shipped declarations (tests/matching/*.yaml), one example each.
#include "tests/support/catch.hpp"
#include "tests/unit/match/table.hpp"

using namespace harmonia;
using namespace harmonia::match;
using Found = std::map<std::string, std::string>;

TEST_CASE("M-45 iceland visa: equal codes match within the UTC day of the payment") {
    const auto iceland = shipped("iceland-bonus-card");
    const std::int64_t late = k_noon + 12 * 3600 * k_second - 10 * k_second; // 23:59:50
    {
        Table table;
        table.payment("p", late).auth_code = "666666";
        table.scheme("s", late - 23 * 3600 * k_second).auth_code = "666666";
        CHECK(table.decide(*iceland) == Found{{"p", "s"}});
    }
    Table table;
    table.payment("p", late).auth_code = "666666";
    table.scheme("s", late + 15 * k_second).auth_code = "666666"; // 00:00:05
    CHECK(table.decide(*iceland) == Found{{"p", "none"}});
}

TEST_CASE("M-46 iceland visa: without a code, 60 s off match and 61 s do not") {
    const auto iceland = shipped("iceland-bonus-card");
    for (const std::int64_t off : {60, -60, 61, -61}) {
        Table table;
        table.payment("p");
        table.scheme("s", k_noon + off * k_second);
        CHECK(table.decide(*iceland) == Found{{"p", std::abs(off) == 60 ? "s" : "none"}});
    }
}

TEST_CASE("M-47 iceland: no fallback from zero, even when the second agrees") {
    Table table;
    table.payment("p").auth_code = "666666";
    table.scheme("s");
    CHECK(table.decide(*shipped("iceland-bonus-card")) == Found{{"p", "none"}});
}

TEST_CASE("M-48 two rows of the same code and day: time picks the near one") {
    Table table;
    table.payment("p").auth_code = "666666";
    table.scheme("far", k_noon + 600 * k_second).auth_code = "666666";
    table.scheme("near", k_noon + 30 * k_second).auth_code = "666666";
    CHECK(table.decide(*shipped("iceland-bonus-card")) == Found{{"p", "near"}});
}

TEST_CASE("M-49 two rows in time: the user's card decides, or nobody does") {
    const auto iceland = shipped("iceland-bonus-card");
    const auto decided = [&](std::string_view first, std::string_view second) {
        Table table;
        Payment& payment = table.payment("p");
        payment.user_first_six = "123456";
        payment.user_last_four = "7890";
        SchemeRow& one = table.scheme("one", k_noon + 10 * k_second);
        one.first_six = "123456";
        one.last_four = first;
        SchemeRow& two = table.scheme("two", k_noon + 20 * k_second);
        two.first_six = "123456";
        two.last_four = second;
        return table.decide(*iceland).at("p");
    };
    CHECK(decided("7890", "1111") == "one");
    CHECK(decided("7890", "7890") == "ambiguous");
    CHECK(decided("2222", "1111") == "ambiguous");
}

TEST_CASE("M-50 iceland amex: digits on the payment forbid the fallback") {
    const auto iceland = shipped("iceland-bonus-card");
    const auto decided = [&](bool dpan) {
        Table table;
        Payment& payment = table.payment("p", k_noon, "amex");
        if (dpan)
            payment.first_six = "123456", payment.last_four = "7890";
        payment.user_first_six = "123456";
        payment.user_last_four = "7890";
        for (const char* id : {"one", "two"}) {
            SchemeRow& row = table.scheme(id, k_noon + 10 * k_second, "amex");
            row.first_six = "123456";
            row.last_four = "7890";
        }
        if (!dpan)
            table.group().schemes[1].last_four = "1111";
        return table.decide(*iceland).at("p");
    };
    CHECK(decided(true) == "ambiguous");
    CHECK(decided(false) == "one");
}

TEST_CASE("M-51 180 s off without a code: wasabi matches, iceland does not") {
    for (const char* merchant : {"wasabi-club", "iceland-bonus-card"}) {
        Table table;
        table.payment("p");
        table.scheme("s", k_noon + 180 * k_second);
        CHECK(table.decide(*shipped(merchant)).at("p") ==
              (merchant == std::string("wasabi-club") ? "s" : "none"));
    }
}

TEST_CASE("M-52 itsu visa without a code: an equal amount of five days ago is no match") {
    Table table;
    table.payment("p");
    table.scheme("s", k_noon - 5 * k_day);
    CHECK(table.decide(*shipped("itsu")) == Found{{"p", "none"}});
}

TEST_CASE("M-53 itsu has no amex rules: an error, and others go on") {
    Table table;
    table.payment("a", k_noon, "amex");
    table.payment("b");
    table.scheme("s", k_noon + k_second);
    CHECK(table.decide(*shipped("itsu")) == Found{{"a", "error"}, {"b", "s"}});
}

TEST_CASE("M-54 amex settlement by its last four: stonegate matches, tgi does not") {
    for (const char* merchant : {"stonegate", "tgi-fridays"}) {
        Table table;
        Payment& payment = table.payment("p", k_noon, "amex");
        payment.first_six = "123456";
        payment.last_four = "7890";
        SchemeRow& row = table.scheme("s", k_noon + 170 * k_second, "amex");
        row.first_six = "999999";
        row.last_four = "7890";
        CHECK(table.decide(*shipped(merchant)).at("p") ==
              (merchant == std::string("stonegate") ? "s" : "none"));
    }
}

TEST_CASE("M-55 the window is by import time") {
    Table table;
    table.payment("p");
    table.scheme("old").created_us = k_noon - 15 * k_day;
    CHECK(table.decide(*shipped("iceland-bonus-card"), {k_noon - 14 * k_day, false}) ==
          Found{{"p", "none"}});
    table.group().schemes[0].created_us = k_noon - 14 * k_day;
    CHECK(table.decide(*shipped("iceland-bonus-card"), {k_noon - 14 * k_day, false}) ==
          Found{{"p", "old"}});
}

TEST_CASE("M-58 two identical payments, one row: the earlier one has it") {
    Table table;
    table.payment("p2", k_noon + k_second);
    table.payment("p1");
    table.scheme("s");
    CHECK(table.decide(*shipped("iceland-bonus-card")) == Found{{"p1", "s"}, {"p2", "none"}});
}

TEST_CASE("M-59 ambiguous payments are looked at again when a rival row is taken") {
    // A (12:00:00) may be S1 or S2; B (12:01:30) can only be S1.
    Table table;
    table.payment("A");
    table.payment("B", k_noon + 90 * k_second);
    table.scheme("S1", k_noon + 40 * k_second);
    table.scheme("S2", k_noon - 40 * k_second);
    CHECK(table.decide(*shipped("iceland-bonus-card")) == Found{{"A", "S2"}, {"B", "S1"}});
}

TEST_CASE("M-60 a payment without a time takes rows from midnight to midnight, both included") {
    const auto iceland = shipped("iceland-bonus-card");
    const std::int64_t midnight = k_noon - k_day / 2;
    for (const auto& [at, expected] :
         std::map<std::int64_t, std::string>{{midnight - 1, "none"},
                                             {midnight, "s"},
                                             {midnight + k_day, "s"},
                                             {midnight + k_day + 1, "none"}}) {
        Table table;
        table.payment("p", midnight).has_time = false;
        table.scheme("s", at);
        CHECK(table.decide(*iceland).at("p") == expected);
    }
}

TEST_CASE("M-61 minute precision cuts both bounds") {
    const auto rule = declared("{where: [{within: 30s, precision: minutes}]}");
    for (const auto& [off, expected] : std::map<std::int64_t, std::string>{
             {-1, "none"}, {0, "s"}, {60, "s"}, {61, "none"}, {90, "none"}}) {
        Table table;
        table.payment("p", k_noon + 45 * k_second);
        table.scheme("s", k_noon + off * k_second);
        CHECK(table.decide(*rule).at("p") == expected);
    }
}

TEST_CASE("network and mid are compared unless the base leaves them out") {
    Table table;
    table.payment("p");
    table.scheme("other network", k_noon, "amex");
    CHECK(table.decide(*shipped("iceland-bonus-card")) == Found{{"p", "none"}});
    CHECK(table.decide(*shipped("generic-loyalty", "generic")) == Found{{"p", "other network"}});
    table.group().payments[0].mid = "mid-2";
    CHECK(table.decide(*shipped("generic-loyalty", "generic")) == Found{{"p", "none"}});
}

TEST_CASE("the 2018 rule: same merchant identifier, whatever the texts and networks") {
    Table table;
    table.payment("p").mid = "its text";
    table.scheme("s", k_noon - 90 * k_day, "other").created_us = 0;
    const auto rule = declared("{base: [merchant_identifier, amount, pending]}");
    CHECK(table.decide(*rule, {k_noon, false}) == Found{{"p", "s"}});
    static constexpr std::int64_t k_other[] = {8};
    table.group().payments[0].identifier_ids = k_other;
    CHECK(table.decide(*rule, {k_noon, false}) == Found{{"p", "none"}});
}

TEST_CASE("harvey nichols: six zeros on the merchant's row stand for any card") {
    const auto rule = shipped("harvey-nichols", "retired");
    Table table;
    Payment& payment = table.payment("p", k_noon, "amex");
    payment.first_six = "123456";
    payment.last_four = "7890";
    SchemeRow& row = table.scheme("s", k_noon + 30 * k_second, "amex");
    row.first_six = "000000";
    row.last_four = "7890";
    CHECK(table.decide(*rule).at("p") == "s");
    row.first_six = "000001";
    CHECK(table.decide(*rule).at("p") == "none");

    Table midnight; // its day reaches to the next midnight, included
    midnight.payment("p").auth_code = "1";
    midnight.scheme("s", k_noon + k_day / 2).auth_code = "1";
    CHECK(midnight.decide(*rule).at("p") == "s");
    CHECK(midnight.decide(*shipped("costa")).at("p") == "none");
}

TEST_CASE("the day is that of the declared zone") {
    // 23:30Z on 10 June is the 11th in London.
    const std::int64_t evening = k_noon + 92 * k_day + 11 * 3600 * k_second + 1800 * k_second;
    const auto yaml = [](const char* zone) {
        return declared(std::string("{day_zone: ") + zone + ", where: [same_day]}");
    };
    Table table;
    table.payment("p", evening);
    table.scheme("s", evening + 3600 * k_second);
    CHECK(table.decide(*yaml("Europe/London")).at("p") == "s");
    CHECK(table.decide(*yaml("UTC")).at("p") == "none");
}

TEST_CASE("refunds and unknown users take no part") {
    Table table;
    table.payment("refund").feed_type = "REFUND";
    table.payment("stranger").known_user = false;
    table.scheme("s");
    CHECK(table.decide(*shipped("iceland-bonus-card")).empty());
    CHECK(table.decide(*shipped("the-works", "generic")).empty());
}

TEST_CASE("spotted payments need no row; mode none decides nothing") {
    Table table;
    table.payment("p");
    CHECK(table.decide(*shipped("the-works", "generic")) == Found{{"p", "spotted"}});
    CHECK(table.decide(*shipped("slim-chickens")) == Found{{"p", "spotted"}});
    CHECK(table.decide(*shipped("squaremeal", "generic")).empty());
}

TEST_CASE("a pair undone by hand is not made again") {
    static constexpr std::int64_t k_barred[] = {1001};
    Table table;
    table.payment("p").barred = k_barred;
    table.scheme("s");
    CHECK(table.decide(*shipped("iceland-bonus-card")) == Found{{"p", "none"}});
    table.scheme("other", k_noon + k_second);
    CHECK(table.decide(*shipped("iceland-bonus-card")) == Found{{"p", "other"}});
}

TEST_CASE("any, equals and approval codes") {
    const auto rule = declared(R"(
where:
  - {any: [approval_code, {equals: [scheme.transaction_id, payment.transaction_id]}]}
  - {within: 1h}
)");
    Table table;
    table.payment("by code").approval_code = "42";
    table.payment("T-9");
    table.payment("neither").approval_code = "41";
    table.scheme("s").auth_code = "42";
    table.scheme("T-9");
    CHECK(table.decide(*rule) == Found{{"by code", "s"}, {"T-9", "T-9"}, {"neither", "none"}});
}

#include "core/base/error.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/match/table.hpp"

using namespace harmonia;
using namespace harmonia::match;

namespace {

std::string refusal(const std::string& yaml) {
    try {
        (void)declared(yaml);
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::config);
        return error.what();
    }
    return "accepted";
}

} // namespace

TEST_CASE("every shipped declaration loads; only the deliberate one is warned about") {
    for (const char* file : {"iceland-bonus-card", "wasabi-club", "costa", "itsu", "stonegate",
                             "tgi-fridays", "slim-chickens", "generic", "retired"}) {
        INFO(file);
        const config::Value root =
            config::parse(source_file(std::string("tests/matching/") + file + ".yaml"), file);
        const auto warnings = Declarations::load(root).warnings();
        CHECK(warnings.size() == (std::string(file) == "generic" ? 1 : 0));
    }
}

TEST_CASE("mistakes are refused where they stand") {
    using Catch::Contains;
    CHECK_THAT(refusal("{where: [auth_cod]}"), Contains("test:1:10") && Contains("auth_cod"));
    CHECK_THAT(refusal("{wher: [auth_code]}"), Contains("wher"));
    CHECK_THAT(refusal("{stream: {feed_types: [REFUND]}}"), Contains("stream"));
    CHECK_THAT(refusal("{unmatched: {after_days: 2}}"), Contains("unmatched"));
    CHECK_THAT(refusal("{mode: rule}"), Contains("rule"));
    CHECK_THAT(refusal("{matching_type: SPOTTED}"), Contains("SPOTTED"));
    CHECK_THAT(refusal("{day_zone: Europe/Londn}"), Contains("Londn"));
    CHECK_THAT(refusal("{window_days: 0}"), Contains("window_days"));
    CHECK_THAT(refusal("{base: [mid, pending]}"), Contains("amount"));
    CHECK_THAT(refusal("{base: [mid, amuont]}"), Contains("amuont"));
    CHECK_THAT(refusal("{networks: {}}"), Contains("networks"));
    CHECK_THAT(refusal("{networks: {visa: {}}, where: [auth_code]}"), Contains("where"));
    CHECK_THAT(refusal("{where: [{within: 60}]}"), Contains("60"));
    CHECK_THAT(refusal("{where: [{within: 60s, precission: exact}]}"), Contains("precission"));
    CHECK_THAT(refusal("{where: [{within: 2000d}]}"), Contains("366d"));
    CHECK_THAT(refusal("{where: [{card: both}]}"), Contains("against"));
    CHECK_THAT(refusal("{where: [{card: all, against: user}]}"), Contains("all"));
    CHECK_THAT(refusal("{where: [{equals: [scheme.auth_code]}]}"), Contains("two fields"));
    CHECK_THAT(refusal("{where: [{equals: [scheme.auth_code, scheme.first_six]}]}"),
               Contains("one of the payment"));
    CHECK_THAT(refusal("{where: [{if: scheme.auth_code, then: []}]}"), Contains("payment only"));
    CHECK_THAT(refusal("{where: [{if: payment.auth_kode, then: []}]}"), Contains("auth_kode"));
    CHECK_THAT(refusal("{where: [{any: []}]}"), Contains("any: must list at least one predicate"));
    CHECK_THAT(refusal("{where: [auth_code], fallback_when: {empty: payment.first_six}}"),
               Contains("needs a fallback"));
}

TEST_CASE("the linter warns of a rule that compares no time and no code") {
    const auto warned = [](const std::string& yaml) { return !declared(yaml)->warnings.empty(); };
    CHECK(warned("{}"));
    CHECK(warned("{where: [{card: both, against: user}]}"));
    CHECK(warned("{where: [{if: payment.auth_code, then: [auth_code], else: []}]}"));
    CHECK(warned("{where: [{any: [auth_code, {card: both, against: user}]}]}"));
    CHECK_FALSE(warned("{where: [{any: [auth_code, {within: 1h}]}]}"));
    CHECK_FALSE(warned("{where: [{if: payment.auth_code, then: [auth_code], else: [same_day]}]}"));
    CHECK_FALSE(warned("{where: [approval_code]}"));
}

TEST_CASE("the digest follows what is declared, not how many times it is read") {
    const auto one = declared("{where: [auth_code]}");
    CHECK(one->digest == declared("{where: [auth_code]}")->digest);
    CHECK(one->digest != declared("{where: [approval_code]}")->digest);
    CHECK(one->digest != declare(config::parse("{where: [auth_code]}", "test"), 7)->digest);
    CHECK(one->digest.size() == 16);
}

TEST_CASE(
    "merchants without a declaration have the default; without one that is the rule of 2018") {
    const auto all = Declarations::load(config::parse("matching: {a: {mode: spotted}}", "test"));
    CHECK(all.of("a").mode == Mode::spotted);
    CHECK(all.of("b").mode == Mode::rules);
    CHECK(all.of("b").look_up == LookUp::merchant_identifier);
    CHECK_FALSE(all.of("b").windowed);
    CHECK(all.of("b").matching_type == "LOYALTY");
    const auto other =
        Declarations::load(config::parse("matching: {default: {mode: none}}", "test"));
    CHECK(other.of("b").mode == Mode::none);
}

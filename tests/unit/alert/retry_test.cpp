#include "core/base/embedded.hpp"
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "core/time/format.hpp"
#include "jobs/alert/channels/mail.hpp"
#include "jobs/alert/channels/retry.hpp"
#include "jobs/alert/interval.hpp"
#include "jobs/alert/matcher.hpp"
#include "jobs/alert/settings.hpp"
#include "tests/support/catch.hpp"

#include <nlohmann/json.hpp>

using namespace harmonia;
using namespace harmonia::alert;
using Class = Result::Class;

namespace {

Result result_of(Class outcome, std::int64_t retry_after_s = 0) {
    Result result;
    result.outcome = outcome;
    result.retry_after_s = retry_after_s;
    return result;
}

Settings settings_of(const std::string& yaml) {
    return Settings::load(config::parse("alerts:\n" + yaml, "test"));
}

} // namespace

TEST_CASE("O-55 waits are spread by the key, the same for everybody who computes them") {
    CHECK(wait_us("abc", 1) / 1000 == 15'747);
    CHECK((wait_us("abc", 1) + 500) / 1000 == 15'748);
    CHECK((wait_us("abc", 2) + 500) / 1000 == 27'522);
    CHECK((wait_us("abc", 5) + 500) / 1000 == 253'368);
}

TEST_CASE("twelve attempts take about four hours and four minutes") {
    std::int64_t sum = 0;
    for (int n = 1; n < k_attempts_max; ++n) {
        const auto next = retry_decision("key", n, result_of(Class::transient), 0);
        REQUIRE(next.kind == RetryDecision::Kind::retry);
        sum += next.at_us;
    }
    CHECK(sum > 14'625LL * 900'000);
    CHECK(sum < 14'625LL * 1'100'000);
    CHECK(retry_decision("key", k_attempts_max, result_of(Class::transient), 0).kind ==
          RetryDecision::Kind::dead);
}

TEST_CASE("O-56 permanent answers end a delivery; Retry-After is honoured up to an hour") {
    CHECK(smtp_class(550) == Class::permanent);
    CHECK(smtp_class(451) == Class::transient);
    CHECK(smtp_class(0) == Class::transient);
    CHECK(http_class(404) == Class::permanent);
    CHECK(http_class(302) == Class::permanent);
    for (const int status : {0, 408, 425, 429, 500, 503})
        CHECK(http_class(status) == Class::transient);
    CHECK(retry_decision("k", 1, result_of(Class::permanent), 0).kind == RetryDecision::Kind::dead);
    CHECK(retry_decision("k", 1, result_of(Class::transient, 120), 0).at_us == 120'000'000);
    CHECK(retry_decision("k", 1, result_of(Class::transient, 86'400), 0).at_us == 3'600'000'000);
    CHECK(retry_decision("k", 1, result_of(Class::transient, 1), 0).at_us == wait_us("k", 1));
}

TEST_CASE("a breaker opens after five transient failures in a row and closes by a success") {
    Breaker breaker;
    for (int i = 0; i < 4; ++i)
        breaker.note(result_of(Class::transient), 0);
    CHECK_FALSE(breaker.open(0));
    breaker.note(result_of(Class::unsent), 0); // does not count
    breaker.note(result_of(Class::transient), 0);
    CHECK(breaker.open(59'999'999));
    CHECK_FALSE(breaker.open(60'000'000));
    breaker.note(result_of(Class::transient), 60'000'000);
    CHECK(breaker.open(119'999'999));
    breaker.note(result_of(Class::permanent), 120'000'000); // it answered
    CHECK_FALSE(breaker.open(120'000'000));
    CHECK(breaker.failures == 0);
}

TEST_CASE("short messages are measured in segments, as networks do") {
    CHECK(sms_size(std::string(160, 'a')).segments == 1);
    CHECK(sms_size(std::string(161, 'a')).segments == 2);
    CHECK(sms_size(std::string(306, 'a')).segments == 2);
    CHECK(sms_size(std::string(307, 'a')).segments == 3);
    CHECK(sms_size(std::string(159, 'a') + "€").segments == 2); // an escaped character
    CHECK(sms_size("ÄÖÜß").gsm);
    CHECK_FALSE(sms_size("ąę").gsm);
    std::string wide;
    for (int i = 0; i < 70; ++i)
        wide += "ą";
    CHECK(sms_size(wide).segments == 1);
    CHECK(sms_size(wide + "a").segments == 2);
    CHECK(sms_size("😀").units == 2);
    CHECK(sms_size(sms_cut(std::string(400, 'x'), 2)).segments == 2);
    CHECK(sms_cut(std::string(400, 'x'), 2).size() == 306);
    CHECK(sms_cut("short", 2) == "short");
}

TEST_CASE("O-64 a line break in a subject adds no header") {
    CHECK(header_value("verdict\r\nBcc: x@y") == "verdictBcc: x@y");
    const auto made = expr::Template::compile("{{ title }}", template_form());
    const Json data{{"title", "a\r\nBcc: x@y"}, {"group", {{"id", "7"}}}};
    const Texts texts{*made, *made, *made, std::nullopt};
    const auto parts = mail_parts(data, texts, "a@example.com", {"b@example.com"}, "");
    const auto mail = mail_text({1, "k", "b@example.com", 0, mail_payload(parts)});
    CHECK(mail.find("\r\nSubject: aBcc: x@y\r\n") != std::string::npos);
    CHECK(mail.find("\nBcc:") > mail.find("\r\n\r\n")); // in the body it is text
    CHECK(mail.find("Message-ID: <k@example.com>\r\n") != std::string::npos);
    CHECK(mail.find("References: <group-7@example.com>\r\n") != std::string::npos);
    CHECK(mail.find("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n") != std::string::npos);
}

TEST_CASE("subjects beyond ASCII are encoded in words, whole characters each") {
    CHECK(header_value("plain") == "plain");
    CHECK(header_value("Zahlung für Ä") == "=?utf-8?B?WmFobHVuZyBmw7xyIMOE?=");
    std::string longer;
    for (int i = 0; i < 60; ++i)
        longer += "ü";
    const auto encoded = header_value(longer);
    CHECK(encoded.find("?=\r\n =?utf-8?B?") != std::string::npos);
    CHECK(encoded.size() < 250);
    CHECK(quoted_printable("a=b ü\nlast ") == "a=3Db =C3=BC\r\nlast=20\r\n");
}

TEST_CASE("a template is checked when it is loaded") {
    const auto compiled = [](const char* text) {
        return expr::Template::compile(text, template_form());
    };
    CHECK(compiled(
        "{{ title | upper }} {{#each alerts}}{{ details.any.thing }}{{ title }}{{/each}}"));
    CHECK(compiled("{{ nonsense }}").error().detail == "1:1: there is no 'nonsense'");
    CHECK(compiled("x\n  {{ alerts.id }}").error().detail == "2:3: there is no 'alerts.id'");
    for (const char* wrong : {"{{ title", "{{#if title}}", "{{/if}}", "{{#each title}}{{/each}}",
                              "{{ title | shout }}", "{{ title | trunc:x }}", "{{#else}}",
                              "{{#if title}}{{/each}}", "{{ title | time:Nowhere }}", "{{}}"})
        CHECK_FALSE(compiled(wrong));
    CHECK_THROWS_AS(settings_of("  templates: {default: {subject: '{{ wat }}'}}\n"), Error);
}

TEST_CASE("templates print values, lists and choices, and escape for HTML") {
    const Json data{
        {"title", "a<b>&\"c\""},
        {"more", 0},
        {"total", 2},
        {"alerts",
         {{{"summary", "one"}, {"at", "2026-03-04T10:10:00.5Z"}, {"details", {{"minor", 12345}}}},
          {{"summary", "two"}}}}};
    const auto shown = [&](const char* text, expr::Template::Escape escape) {
        return expr::Template::compile(text, template_form(), escape)->render(data);
    };
    const auto none = expr::Template::Escape::none, html = expr::Template::Escape::html;
    CHECK(shown("{{ title }}", none) == "a<b>&\"c\"");
    CHECK(shown("{{ title }}", html) == "a&lt;b&gt;&amp;&quot;c&quot;");
    CHECK(shown("{{ title | html }}", html) == "a&lt;b&gt;&amp;&quot;c&quot;");
    CHECK(shown("{{ title | json }}", none) == R"("a<b>&\"c\"")");
    CHECK(shown("{{ title | trunc:2 | upper }}", none) == "A<");
    CHECK(shown("{{#each alerts}}[{{ summary }} of {{ total }}]{{/each}}", none) ==
          "[one of 2][two of 2]");
    CHECK(shown("{{#if more}}x{{#else}}y{{/if}}{{#if total}}z{{/if}}", none) == "yz");
    CHECK(shown("{{#each alerts}}{{ at | time }}{{ details.minor | money:EUR }};{{/each}}", none) ==
          "2026-03-04T10:10:00Z123.45 EUR;;");
    CHECK(shown("{{#each alerts}}{{ at | time:Europe/Berlin }}{{/each}}", none) ==
          "2026-03-04T11:10:00+01:00");
}

TEST_CASE("matchers read their four forms and refuse the rest") {
    const observe::Labels labels{{"card", "0622"}, {"rule", "V-CARD"}};
    const auto holds = [&](const char* text) { return Matcher::parse(text)->matches(labels); };
    CHECK(holds("card=\"0622\""));
    CHECK(holds("card = 0622"));
    CHECK(holds("card!=\"1\""));
    CHECK(holds("rule=~\"V-.*\""));
    CHECK_FALSE(holds("rule=~\"V\"")); // the whole value
    CHECK(holds("rule!~\"V\""));
    CHECK(holds("absent=\"\""));
    CHECK(Matcher::parse(R"(card="a\"b")")->matches({{"card", "a\"b"}}));
    CHECK(Matcher::parse(Matcher::parse(" card = \"\" ")->text())->matches({{"card", ""}}));
    for (const char* wrong : {"", "card", "card=", "card= ", "card=~", "card!= ", "=x", "card!x",
                              "card=\"x", "rule=~\"(\"", "a b=c"})
        CHECK_FALSE(Matcher::parse(wrong));
}

TEST_CASE("intervals include their start, not their end, and know months and zones") {
    const auto intervals = read_intervals(config::parse(R"(
nights: [{times: ["22:00-06:00"], zone: Europe/Berlin}]
office: [{times: ["09:00-17:00"], weekdays: [monday-friday]}]
end: [{days: ["-3--1"]}]
weekend: [{weekdays: [saturday, sunday]}]
)",
                                                        "test"));
    const auto in = [&](const char* name, const char* at) {
        const auto parsed = time::parse_iso(at);
        return contains(intervals.at(name), parsed->instant(time::Zone::utc()));
    };
    CHECK(in("nights", "2026-01-10T21:00:00Z")); // 22:00 in Berlin
    CHECK_FALSE(in("nights", "2026-01-10T20:59:59Z"));
    CHECK(in("nights", "2026-07-10T03:59:59Z")); // 05:59:59 in summer
    CHECK_FALSE(in("nights", "2026-07-10T04:00:00Z"));
    CHECK(in("office", "2026-03-04T09:00:00Z"));
    CHECK_FALSE(in("office", "2026-03-04T17:00:00Z"));
    CHECK_FALSE(in("office", "2026-03-07T10:00:00Z"));
    CHECK(in("weekend", "2026-03-07T10:00:00Z"));
    CHECK(in("end", "2026-02-26T00:00:00Z"));
    CHECK_FALSE(in("end", "2026-02-25T23:59:59Z"));
    for (const char* wrong :
         {"x: [{times: [\"9-17\"]}]", "x: [{weekdays: [mon]}]", "x: [{days: [\"0\"]}]",
          "x: [{zone: Nowhere}]", "x: [{days: [\"-1-3\"]}]", "x: [{times: [\"24:01-25:00\"]}]"})
        CHECK_THROWS_AS(read_intervals(config::parse(wrong, "test")), Error);
}

TEST_CASE("the program's own defaults are a section of alerts, with every key") {
    const auto defaults = config::parse(embedded::defaults().front().text, "config.example.yaml");
    const auto settings = Settings::load(defaults);
    CHECK(settings.channels.empty());
    CHECK(settings.receivers.contains("default"));
    CHECK_FALSE(settings.publish);
    const auto section = *config::lookup(defaults, "alerts");
    for (const char* key : {"publish", "fallback", "mail_domain", "channels", "templates",
                            "receivers", "intervals", "inhibit", "route"})
        CHECK(section.find(key) != nullptr);
    CHECK(section.map().size() == 9);
    CHECK_THROWS_AS(Settings::load(config::parse("alerts: {chanels: {}}", "test")), Error);
}

TEST_CASE("O-67 mail without TLS goes to this machine only") {
    const auto mail = [](const std::string& host) {
        return "  channels: {mail: {host: " + host + ", tls: none, from: a@x, to: b@x}}\n";
    };
    CHECK_NOTHROW(settings_of(mail("localhost")));
    CHECK_NOTHROW(settings_of(mail("127.0.0.1")));
    CHECK_THROWS_AS(settings_of(mail("mail.example.com")), Error);
    CHECK_THROWS_AS(settings_of(mail("127.0.0.1.example.com")), Error);
    CHECK_THROWS_AS(settings_of("  channels: {h: {type: webhook, url: \"http://example.com/\"}}\n"),
                    Error);
}

// What is said about a wrong declaration.
#include "core/config/compiled_in.hpp"
#include "importers/map/declaration.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/feed/records.hpp"

#include <set>

using namespace harmonia;
using namespace harmonia::importers;
using namespace harmonia::importers::test;

namespace {

const std::string k_good = R"(feeds:
  - name: till
    provider: shop
    feed_type: MERCHANT
    source: {kind: files, path: till}
    format: {kind: fixed}
    fields: {id: [0, 4], date: [4, 8], amount: [12, 6], mid: [18, 4]}
    zone: Europe/London
    map:
      transaction_id: id
      transaction_date: {datetime: date, format: YYYYMMDD}
      spend_amount: {minor_units: amount, scale: 0}
      mids: [mid]
      constants: {payment_provider: visa, spend_currency: GBP, has_time: false}
)";

/// The error of the declaration with `from` changed to `to`, or `loaded`.
std::string error_of(const std::string& from, const std::string& to) {
    std::string yaml = k_good;
    const std::size_t at = yaml.find(from);
    if (at == std::string::npos)
        return "nothing to change";
    yaml.replace(at, from.size(), to);
    try {
        static_cast<void>(load_feeds(config::parse(yaml, "feeds.yaml")));
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::config);
        return error.what();
    }
    return "loaded";
}

} // namespace

TEST_CASE("a feed loads and maps") {
    const auto feeds = load_feeds(config::parse(k_good, "feeds.yaml"));
    REQUIRE(feeds.size() == 1);
    const Feed& feed = *feeds.front();
    CHECK(feed.name == "till");
    CHECK(feed.source.kind == SourceSpec::Kind::files);
    CHECK(feed.source.path == "till");
    CHECK(feed.source.glob == "*");
    CHECK(feed.sink == "transactions");
    const Mapped row(feed, "0001202010270012340007");
    REQUIRE(row.kept());
    CHECK(row->spend_amount == 1234);
    CHECK_FALSE(row->has_time);
    CHECK(row.date() == "2020-10-27T00:00:00.000000Z");
    CHECK(Mapped(feed, "00012020023000123400  ").problem() == "bad_date date");
    CHECK(Mapped(feed, "0001202010270012340000").problem().empty());
    CHECK(Mapped(feed, "00012020102700123400").problem() == "short_record mid");
}

TEST_CASE("mistakes are placed in the file") {
    CHECK(error_of("provider", "provder") ==
          "feeds.yaml:3:14: feeds[0].provder: unknown key 'provder'");
    CHECK(error_of("    provider: shop\n", "") ==
          "feeds.yaml:2:5: feeds[0]: 'provider' is missing");
    CHECK(error_of("MERCHANT", "MERCHAND") ==
          "feeds.yaml:4:16: feeds[0].feed_type: unknown value 'MERCHAND'");
    CHECK(error_of("name: till", "name: My Till").find("a feed's name is made of") !=
          std::string::npos);
    CHECK(error_of("Europe/London", "Europe/Lodnon") ==
          "feeds.yaml:8:11: feeds[0].zone: unknown zone 'Europe/Lodnon'");
    CHECK(error_of("YYYYMMDD", "YYYYMMQQ") ==
          "feeds.yaml:11:25: feeds[0].map.transaction_date: date format: unknown token 'QQ'");
    CHECK(error_of("kind: fixed", "kind: fixd").find("unknown format 'fixd'") != std::string::npos);
    CHECK(error_of("path: till", "path: /till").find("must stay below import.base") !=
          std::string::npos);
    CHECK(error_of("path: till", "path: a/../../b").find("must stay below import.base") !=
          std::string::npos);
    CHECK(error_of("path: till", "glob: x").find("'path' is missing") != std::string::npos);
    CHECK(error_of("zone: Europe/London", "max_bad_ratio: 1.5").find("between 0 and 1") !=
          std::string::npos);
    CHECK(error_of("zone: Europe/London", "like: other") ==
          "feeds.yaml:8:11: feeds[0].like: no feed is named 'other'");
    CHECK(error_of("zone: Europe/London", "like: till").find("in a circle") != std::string::npos);
    CHECK(error_of("feeds:", "feeds:\n  - {name: till, like: till2}\n  - {name: till2}")
              .find("'feed_type' is missing") != std::string::npos);
}

TEST_CASE("a map must be complete, of known words and of fields that exist") {
    CHECK(error_of("      transaction_id: id\n", "") ==
          "feeds.yaml:2:5: feeds[0]: the map must make 'transaction_id'");
    CHECK(error_of("      mids: [mid]\n", "").find("must give merchant identifiers") !=
          std::string::npos);
    CHECK(error_of("payment_provider: visa, ", "").find("must make 'payment_provider'") !=
          std::string::npos);
    CHECK(error_of("MERCHANT", "SETTLED").find("must make 'card_token'") != std::string::npos);
    CHECK(error_of("transaction_id: id", "transaction_ids: id")
              .find("a transaction has no field 'transaction_ids'") != std::string::npos);
    CHECK(error_of("transaction_id: id", "transaction_id: idd").find("idd") != std::string::npos);
    CHECK(error_of("{minor_units: amount, scale: 0}", "{minor_unit: amount}") ==
          "feeds.yaml:12:21: feeds[0].map.spend_amount: unknown construct 'minor_unit'");
    CHECK(error_of("scale: 0", "scales: 0").find("'minor_units' has no option 'scales'") !=
          std::string::npos);
    CHECK(error_of("scale: 0", "round: up").find("round must be exact or truncate, got 'up'") !=
          std::string::npos);
    CHECK(error_of("transaction_id: id", "transaction_id: {sha256: [id, date]}")
              .find("2 arguments do not fit sha256(text)") != std::string::npos);
    CHECK(
        error_of("transaction_id: id", "transaction_id: {expr: 'lower(id'}") ==
        "feeds.yaml:10:30: feeds[0].map.transaction_id.expr: in the expression: 1:9: expected ','");
    CHECK(error_of("{minor_units: amount, scale: 0}", "{day: transaction_date}") ==
          "feeds.yaml:12:21: feeds[0].map.spend_amount: must be an integer, got a text");
    CHECK(error_of("{datetime: date, format: YYYYMMDD}", "{integer: date}")
              .find("must be an instant, got an integer") != std::string::npos);
    CHECK(error_of("mids: [mid]", "mids: [mid]\n      copy: {spend_amount: amount}")
              .find("cannot be copied unchanged") != std::string::npos);
    CHECK(error_of("mids: [mid]", "mids: [mid]\n      copy: {transaction_id: id}")
              .find("'transaction_id' is mapped twice") != std::string::npos);
    CHECK(error_of("[18, 4]", "[18, 0]") != "loaded");
}

TEST_CASE("filters need a reason and one direction") {
    const auto with = [](const char* filter) {
        return error_of("    zone:", std::string("    filters: [") + filter + "]\n    zone:");
    };
    CHECK(with("{skip: id == \"0000\", reason: test rows}") == "loaded");
    CHECK(with("{skip: id == \"0000\"}").find("'reason' is missing") != std::string::npos);
    CHECK(with("{skip: id == \"0\", keep: id == \"1\", reason: x}")
              .find("exactly one of 'keep' and 'skip'") != std::string::npos);
    CHECK(with("{skip: lower(id), reason: x}").find("must be a boolean, got a text") !=
          std::string::npos);
    CHECK(with("{skip: id = 3, reason: x}").find("write '=='") != std::string::npos);
    CHECK(with("{skip: id == \"0\", reason: x, level: loud}").find("unknown value 'loud'") !=
          std::string::npos);
}

TEST_CASE("one declaration alone cannot be like another") {
    const auto value = config::parse("name: a\nlike: b\n", "one.yaml");
    CHECK_THROWS_AS(load_feed(value), Error);
}

TEST_CASE("every key of a feed is explained, and nothing else") {
    std::set<std::string> explained, known;
    for (const auto& one : config::explain("feeds.any"))
        if (one.path != "feeds") {
            const std::string rest = one.path.substr(std::string("feeds.NAME.").size());
            explained.insert(rest.substr(0, rest.find('.')));
        }
    for (const char* key : feed_keys())
        known.insert(key);
    CHECK(explained == known);
}

TEST_CASE("errors of values name their field") {
    const auto problem = [](const std::string& map_line, const std::string& row) {
        std::string yaml = k_good;
        yaml.replace(yaml.find("transaction_id: id"), 18, map_line);
        const auto feeds = load_feeds(config::parse(yaml, "feeds.yaml"));
        return Mapped(*feeds.front(), row).problem();
    };
    const std::string row = "0001202010270012340007";
    CHECK(problem("transaction_id: id", row).empty());
    CHECK(problem("transaction_id: id", "    202010270012340007") == "blank_id id");
    CHECK(problem("transaction_id: {when: mid, lower: id}", row.substr(0, 18) + "    ") ==
          "missing_field transaction_id");
    CHECK(
        problem("transaction_id: {concat: [id, id, id, id, id, id, id, id, id, id, id, id, id, id, "
                "id, id, id, id, id, id, id, id, id, id, id, id]}",
                row) == "too_long id");
    CHECK(problem("transaction_id: id", row.substr(0, 18) + "0   ") == "missing_field mid");
    CHECK(problem("transaction_id: id", row.substr(0, 18) + "    ") == "missing_field mid");
}

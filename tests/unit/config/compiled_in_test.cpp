// The defaults with the shipped feeds, as text for people and as a tree.
#include "core/base/embedded.hpp"
#include "core/base/text.hpp"
#include "core/config/compiled_in.hpp"
#include "core/config/config.hpp"
#include "core/config/layers.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/config/support.hpp"

#include <set>

using namespace harmonia;
using config::Value;

namespace {

std::vector<std::string> names_of(const Value& list) {
    std::vector<std::string> names;
    for (const Value& item : list.list())
        names.push_back(item.find("name")->as_text());
    return names;
}

/// The most keys of a map that is written on one line.
std::size_t widest_flow_map(const Value& value) {
    std::size_t widest = 0;
    if (value.kind() == Value::Kind::list)
        for (const Value& item : value.list())
            widest = std::max(widest, widest_flow_map(item));
    if (value.kind() != Value::Kind::map)
        return widest;
    std::set<int> lines{value.origin().line};
    for (const auto& [key, child] : value.map()) {
        widest = std::max(widest, widest_flow_map(child));
        lines.insert(child.origin().line);
    }
    return lines.size() == 1 ? std::max(widest, value.map().size()) : widest;
}

} // namespace

TEST_CASE("shipped feeds stand below feeds, in the order in which they are imported") {
    const Value root = config::defaults();
    const std::vector<std::string> expected{"visa-auth",
                                            "visa-settled",
                                            "visa-refund",
                                            "mastercard-auth",
                                            "mastercard-settled",
                                            "mastercard-refund",
                                            "amex-auth",
                                            "amex-settled",
                                            "imports-scheme",
                                            "imports-payment",
                                            "orders",
                                            "orders-csv",
                                            "orders-ndjson",
                                            "orders-transact",
                                            "transact",
                                            "labels",
                                            "alerts",
                                            "alerts-2018",
                                            "smp-accounts",
                                            "smp-chores"};
    CHECK(names_of(*root.find("feeds")) == expected);
    std::vector<std::string> shipped;
    for (const auto& feed : config::shipped_feeds())
        shipped.push_back(feed.name);
    CHECK(shipped == expected);
    const Value queue = *config::lookup(root, "feeds.visa-settled.source.queue");
    CHECK(queue.as_text() == "visa-settlement");
    CHECK(queue.path() == "feeds[1].source.queue");
    CHECK(queue.origin().source == "importers/shipped/visa.yaml");
    CHECK(config::lookup(config::load({}), "feeds.smp-chores.source.broker")->as_text() ==
          "chores");
}

TEST_CASE("a mistake in a shipped feed names its file and line") {
    const Value value = *config::lookup(config::defaults(), "feeds.amex-auth.zone");
    CHECK(test::refusal([&] { value.fail("unknown zone"); }).what ==
          "importers/shipped/amex.yaml:10:11: feeds[6].zone: unknown zone");
}

TEST_CASE("the text of a shipped feed reads back as the same feed, comments included") {
    for (const auto& feed : config::shipped_feeds()) {
        INFO(feed.name);
        CHECK_FALSE(feed.about.empty());
        const Value alone = config::parse(feed.text, "alone");
        REQUIRE(names_of(*alone.find("feeds")) == std::vector<std::string>{feed.name});
        CHECK(config::render(*config::lookup(alone, "feeds." + feed.name), false) ==
              config::render(*config::lookup(config::defaults(), "feeds." + feed.name), false));
    }
    CHECK_THAT(config::find_shipped_feed("transact")->text,
               Catch::StartsWith("feeds:\n  # The requests of `serve --api transact`.\n  - name: "
                                 "transact\n"));
    CHECK(config::find_shipped_feed("nobody") == nullptr);
}

TEST_CASE("a feed of the same name replaces a shipped one, others stay") {
    const Value own = config::parse("feeds: [{name: labels, sink: labels}, {name: x}]\n", "own");
    const Value merged = config::merge(config::defaults(), own);
    CHECK(merged.find("feeds")->list().size() == 21);
    CHECK(config::lookup(merged, "feeds.labels")->map().size() == 2);
    CHECK(config::lookup(merged, "feeds.orders.screen")->as_text() == "cards");
}

TEST_CASE("every key of the defaults and of list items is explained") {
    CHECK(config::explain("").size() > config::keys().size() + 100);
    for (const auto& one : config::explain("")) {
        INFO(one.path);
        CHECK_FALSE(one.help.empty());
        CHECK(one.help.find("[live]") == std::string::npos);
    }
    const auto paths = [](const char* path) {
        std::vector<std::string> found;
        for (const auto& one : config::explain(path))
            found.push_back(one.path);
        return found;
    };
    CHECK(paths("import.max_pending") == std::vector<std::string>{"import.max_pending"});
    CHECK(paths("exports.costa.success") ==
          std::vector<std::string>{"exports.NAME.success.status"});
    CHECK(paths("alerts.inhibit") ==
          std::vector<std::string>{"alerts.inhibit", "alerts.inhibit[].source",
                                   "alerts.inhibit[].target", "alerts.inhibit[].equal",
                                   "alerts.inhibit[].for"});
    CHECK(paths("feeds.visa-auth.source.queue") ==
          std::vector<std::string>{"feeds.NAME.source.queue"});
    CHECK(config::explain("nothing").empty());
    CHECK(config::explain("match.threads").front().default_text == "0");
}

TEST_CASE("the files that people copy have one key a line and lines that fit") {
    std::vector<Embedded> files(embedded::shipped().begin(), embedded::shipped().end());
    files.push_back(embedded::defaults().front());
    files.push_back(embedded::explained().front());
    for (const Embedded& file : files) {
        for (const std::string_view line : split(file.text, '\n')) {
            INFO(file.path << ": " << line);
            CHECK(line.size() <= 102); // bytes: some hold an ellipsis
        }
        INFO(file.path);
        CHECK(widest_flow_map(config::parse(file.text, "f")) <= 3);
    }
}

#include "core/base/error.hpp"
#include "tests/gen/arguments.hpp"
#include "tests/gen/day.hpp"
#include "tests/gen/text.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/gen/truth_reader.hpp"

#include <fstream>
#include <map>

using namespace harmonia;
using namespace harmonia::gen;

namespace {

Settings rates(std::uint64_t count) {
    Settings settings;
    settings.count = count;
    settings.dup_rate = 0.02;
    settings.bad_rate = 0.02;
    settings.unknown_mid_rate = 0.02;
    settings.skip_rate = 0.02;
    settings.rival_rate = 0.2;
    return settings;
}

struct Generated {
    test::TempDir directory;
    std::string out = directory.path() + "/out", truth = directory.path() + "/truth";
    Counts counts;
    explicit Generated(const std::string& feed, Settings settings) {
        const auto& layout = layout_named(feed);
        if (layout.network && settings.networks.empty())
            settings.networks = {*layout.network};
        counts = generate_feed(World(settings), layout, out, truth);
    }
    [[nodiscard]] std::vector<std::string> lines() const {
        std::ifstream file(out);
        std::vector<std::string> list;
        for (std::string line; std::getline(file, line);)
            list.push_back(line);
        return list;
    }
};

} // namespace

TEST_CASE("the same options give the same bytes, another seed gives others") {
    for (const auto& layout : layouts()) {
        const std::string feed(layout->name);
        INFO(feed);
        auto settings = rates(300);
        const Generated one(feed, settings), two(feed, settings);
        settings.seed = 2;
        const Generated other(feed, settings);
        CHECK(test::file_text(one.out) == test::file_text(two.out));
        CHECK(test::file_text(one.truth) == test::file_text(two.truth));
        CHECK(test::file_text(one.out) != test::file_text(other.out));
    }
}

TEST_CASE("a truth row for each record, at its line, counted by state") {
    for (const auto& layout : layouts()) {
        const std::string feed(layout->name);
        INFO(feed);
        const Generated made(feed, rates(2000));
        const auto truth = gen_test::read_tsv(made.truth);
        const auto lines = made.lines();
        CHECK(truth.size() == made.counts.records);
        std::map<std::string, std::uint64_t> states;
        std::map<std::string, std::string> first_line_of;
        for (const auto& row : truth) {
            ++states[row.at("state")];
            const auto& line = lines.at(std::stoul(row.at("line")) - 1);
            const auto& id = row.at("transaction_id");
            if (row.at("state") == "stored")
                CHECK(first_line_of.emplace(id, line).second);
            else if (row.at("state") == "duplicate" && first_line_of.contains(id))
                CHECK(first_line_of[id] == line);
        }
        CHECK(states["stored"] == made.counts.stored);
        CHECK(states["rejected"] == made.counts.rejected);
        CHECK(states["duplicate"] == made.counts.duplicate);
        CHECK(made.counts.rejected > 10);
        CHECK(made.counts.duplicate > 10);
        CHECK((layout->network.has_value()) == (made.counts.unidentified > 0));
        CHECK((feed == "iceland-bonus-card") == (made.counts.skipped > 0));
    }
}

TEST_CASE("every kind of defect occurs and names its reason") {
    for (const auto& layout : layouts()) {
        INFO(layout->name);
        const Generated made(std::string(layout->name), rates(3000));
        std::set<std::string> wanted, found;
        for (const auto& kind : layout->defects())
            wanted.insert(std::string(kind.code) + '/' + std::string(kind.field));
        for (const auto& row : gen_test::read_tsv(made.truth))
            if (row.at("state") == "rejected")
                found.insert(row.at("code") + '/' + row.at("field"));
        CHECK(found == wanted);
    }
}

TEST_CASE("TGX2 lines have their columns") {
    Settings settings;
    settings.count = 50;
    const Generated made("mastercard-settled", settings);
    const auto lines = made.lines();
    const auto truth = gen_test::read_tsv(made.truth);
    REQUIRE(lines.size() == 52);
    CHECK(lines.front().size() == 850);
    CHECK(lines.front()[0] == 'H');
    CHECK(lines.back()[0] == 'T');
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const auto& line = lines[i + 1];
        CHECK(line.size() == 770);
        CHECK(line[0] == 'D');
        CHECK(line.substr(21, truth[i].at("card_token").size()) == truth[i].at("card_token"));
        CHECK(line.substr(451, truth[i].at("mid").size()) == truth[i].at("mid"));
        CHECK(std::stoll(line.substr(518, 12)) == std::stoll(truth[i].at("spend_amount")));
        CHECK(line.substr(567, 6) == truth[i].at("auth_code"));
        CHECK(line.substr(761, 9) + '_' + line.substr(102, 8) == truth[i].at("transaction_id"));
    }
}

TEST_CASE("an authorisation and its settlement share their key") {
    for (const auto* network : {"visa", "mastercard", "amex"}) {
        INFO(network);
        Settings settings;
        settings.count = 40;
        settings.stores = 7; // stores known by their primary identifier in both feeds
        const Generated auth(std::string(network) + "-auth", settings);
        const Generated settled(std::string(network) + "-settled", settings);
        const auto one = gen_test::read_tsv(auth.truth), two = gen_test::read_tsv(settled.truth);
        REQUIRE(one.size() == two.size());
        for (std::size_t i = 0; i < one.size(); ++i) {
            CHECK(one[i].at("settlement_key") == two[i].at("settlement_key"));
            CHECK(one[i].at("transaction_id") == two[i].at("transaction_id"));
            CHECK(one[i].at("counterpart") == two[i].at("counterpart"));
        }
    }
}

TEST_CASE("purchases of one store and amount keep their distance, whatever the count") {
    Settings settings;
    settings.count = 90'000; // more than there are amounts, so that rounds repeat them
    settings.stores = 1;
    settings.rival_rate = 0.2;
    settings.networks = {Network::visa};
    const World world(settings);
    std::map<std::int64_t, std::map<std::int64_t, std::string>> seen;
    Purchase purchase;
    std::uint64_t shared = 0;
    for (std::uint64_t i = 0; i < settings.count; ++i) {
        world.purchase(i, purchase);
        REQUIRE(purchase.amount % 10 != 7);
        auto& times = seen[purchase.amount];
        shared += times.empty() ? 0 : 1;
        const auto later = times.lower_bound(purchase.time);
        if (later != times.end())
            REQUIRE(later->first - purchase.time > 120);
        if (later != times.begin())
            REQUIRE(purchase.time - std::prev(later)->first > 120);
        for (const auto& [time, code] : times)
            REQUIRE(code != purchase.merchant_code);
        times.emplace(purchase.time, purchase.merchant_code);
    }
    CHECK(shared > settings.count / 2);
}

TEST_CASE("a fifth of the purchases are rivals when asked for") {
    Settings settings;
    settings.count = 70'000;
    settings.rival_rate = 0.2;
    const World world(settings);
    std::map<std::pair<unsigned, std::int64_t>, int> groups;
    Purchase purchase;
    for (std::uint64_t i = 0; i < settings.count; ++i) {
        world.purchase(i, purchase);
        ++groups[{purchase.store, purchase.amount}];
    }
    std::map<int, int> sizes;
    for (const auto& [key, size] : groups)
        sizes[size] += size;
    CHECK(sizes.rbegin()->first == 5);
    CHECK(70'000 - sizes[1] > 13'500);
    CHECK(70'000 - sizes[1] < 14'500);
}

TEST_CASE("a day's pairs are those that the merchant's rules find") {
    auto settings = rates(6000);
    settings.bad_rate = 0.05;
    const World world(settings);
    const test::TempDir directory;
    (void)generate_day(world, directory.path());
    const auto stored = [&](const std::string& feed) {
        auto rows = gen_test::read_tsv(directory.path() + "/truth/" + feed + ".tsv");
        std::erase_if(rows, [](const auto& row) { return row.at("state") != "stored"; });
        return rows;
    };
    std::vector<gen_test::Row> payments;
    for (const std::string network : {"visa", "mastercard", "amex"}) {
        auto rows = gen_test::admit(stored(network + "-auth"), stored(network + "-settled"));
        payments.insert(payments.end(), rows.begin(), rows.end());
    }
    const auto found = gen_test::match(payments, stored("iceland-bonus-card"));
    std::set<std::string> wanted;
    for (const auto& row : gen_test::read_tsv(directory.path() + "/truth/pairs.tsv")) {
        wanted.insert(row.at("provider") + ' ' + row.at("feed_type") + ' ' +
                      row.at("transaction_id") + ' ' + row.at("merchant_transaction_id"));
    }
    CHECK(wanted.size() > 4000);
    CHECK(wanted.size() < payments.size());
    CHECK(found == wanted);
}

TEST_CASE("London's clock in autumn and spring") {
    CHECK(london_offset_at_noon(parse_day("2025-10-25")) == 3600);
    CHECK(london_offset_at_noon(parse_day("2025-10-26")) == 0);
    CHECK(london_offset_at_noon(parse_day("2025-03-29")) == 0);
    CHECK(london_offset_at_noon(parse_day("2025-03-30")) == 3600);
    CHECK(parse_day("2025-10-24") == k_first_day);
}

TEST_CASE("US dates have twelve hours and no padding") {
    std::string text;
    append_us_datetime(text, parse_day("2020-10-27") * 86'400 + 15 * 3600 + 60 + 59);
    append_us_datetime(text, parse_day("2020-01-02") * 86'400);
    CHECK(text == "10/27/2020 3:1:59 PM1/2/2020 12:0:0 AM");
}

TEST_CASE("the command line is refused with the word that is wrong") {
    const auto message = [](std::vector<const char*> arguments) {
        try {
            (void)parse_arguments(arguments);
            return std::string();
        } catch (const Error& error) {
            CHECK(error.exit() == Exit::usage);
            return std::string(error.what()) + " / " + error.hint();
        }
    };
    CHECK(message({"--feed", "visa-settle", "--out", "-"}) ==
          "unknown feed 'visa-settle' / Did you mean 'visa-settled'?");
    CHECK(message({"--feed", "visa-settled"}).starts_with("--out is missing"));
    CHECK(message({"--feed", "visa-settled", "--out", "-", "--count", "1e6"}) ==
          "--count: '1e6' is not a number / ");
    CHECK(message({"week"}).starts_with("unknown command 'week'"));
    CHECK(message({"--networks", "visa,jcb"}).starts_with("unknown network 'jcb'"));
    CHECK(message({"day", "--out"}).starts_with("'--out' needs a value"));
}

TEST_CASE("so many purchases that they cannot keep apart are refused") {
    Settings settings;
    settings.stores = 1;
    settings.count = 100'000'000;
    CHECK_THROWS_AS(World(settings), Error);
    settings.stores = 60;
    CHECK_NOTHROW(World(settings));
    settings.bad_rate = 1.5;
    CHECK_THROWS_AS(World(settings), Error);
}

#include "tests/gen/arguments.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "tests/gen/layout.hpp"
#include "tests/gen/text.hpp"

#include <charconv>

namespace harmonia::gen {
namespace {

template <typename T>
T number(std::string_view option, std::string_view text) {
    T value{};
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
        throw Error(Exit::usage,
                    std::string(option) + ": '" + std::string(text) + "' is not a number");
    }
    return value;
}

std::vector<Network> networks(std::string_view text) {
    std::vector<Network> list;
    for (const auto slug : split(text, ','))
        list.push_back(network_named(slug));
    return list;
}

/// Sets one option; false: there is none of that name.
bool set_option(Arguments& to, std::string_view option, std::string_view value) {
    auto& s = to.settings;
    if (option == "--feed")
        to.feed = value;
    else if (option == "--out")
        to.out = value;
    else if (option == "--truth")
        to.truth = value;
    else if (option == "--merchant")
        s.merchant = value;
    else if (option == "--count")
        s.count = number<std::uint64_t>(option, value);
    else if (option == "--seed")
        to.history.seed = s.seed = number<std::uint64_t>(option, value);
    else if (option == "--accounts")
        to.accounts = number<std::uint64_t>(option, value);
    else if (option == "--debtors")
        to.debtors = number<std::uint64_t>(option, value);
    else if (option == "--customers")
        to.history.customers = number<unsigned>(option, value);
    else if (option == "--terminals")
        to.history.terminals = number<unsigned>(option, value);
    else if (option == "--stores")
        s.stores = number<unsigned>(option, value);
    else if (option == "--days")
        to.history.days = s.days = number<unsigned>(option, value);
    else if (option == "--first-day")
        to.history.first_day = s.first_day = parse_day(value);
    else if (option == "--networks")
        s.networks = networks(value);
    else if (option == "--match-rate")
        s.match_rate = number<double>(option, value);
    else if (option == "--dup-rate")
        s.dup_rate = number<double>(option, value);
    else if (option == "--bad-rate")
        s.bad_rate = number<double>(option, value);
    else if (option == "--unknown-mid-rate")
        s.unknown_mid_rate = number<double>(option, value);
    else if (option == "--rival-rate")
        s.rival_rate = number<double>(option, value);
    else if (option == "--skip-rate")
        s.skip_rate = number<double>(option, value);
    else
        return false;
    return true;
}

void check(Arguments& arguments) {
    const auto need = [](const std::string& value, const char* option) {
        if (value.empty())
            throw Error(Exit::usage, std::string(option) + " is missing",
                        "See harmonia-gen --help.");
    };
    need(arguments.out, "--out");
    if (arguments.command == Arguments::Command::feed) {
        need(arguments.feed, "--feed");
        const auto& layout = layout_named(arguments.feed);
        if (layout.network && arguments.settings.networks.empty())
            arguments.settings.networks = {*layout.network};
        else if (layout.feed_type == "MERCHANT" && !arguments.feed.starts_with("imports-"))
            arguments.settings.merchant = arguments.feed;
    }
}

} // namespace

Arguments parse_arguments(std::span<const char* const> arguments) {
    Arguments parsed;
    std::size_t i = 0;
    if (!arguments.empty() && arguments[0][0] != '-') {
        const std::string_view command = arguments[i++];
        if (command == "day") {
            parsed.command = Arguments::Command::day;
        } else if (command == "mids") {
            parsed.command = Arguments::Command::mids;
        } else if (command == "smp") {
            parsed.command = Arguments::Command::smp;
        } else if (command == "histories") {
            parsed.command = Arguments::Command::histories;
        } else if (command == "orders") {
            parsed.command = Arguments::Command::orders;
        } else {
            throw Error(
                Exit::usage, "unknown command '" + std::string(command) + "'",
                "Commands are day, mids, smp, histories and orders; without one, --feed names the "
                "feed.");
        }
    }
    for (; i < arguments.size(); ++i) {
        const std::string_view option = arguments[i];
        if (option == "--help" || option == "-h") {
            parsed.command = Arguments::Command::help;
            return parsed;
        }
        if (i + 1 == arguments.size()) {
            throw Error(Exit::usage, "'" + std::string(option) + "' needs a value",
                        "See harmonia-gen --help.");
        }
        if (!set_option(parsed, option, arguments[++i])) {
            throw Error(Exit::usage, "unknown option '" + std::string(option) + "'",
                        "See harmonia-gen --help.");
        }
    }
    parsed.orders.seed = parsed.settings.seed;
    parsed.orders.count = parsed.settings.count;
    if (parsed.settings.first_day != 0)
        parsed.orders.first_day = parsed.settings.first_day;
    parsed.orders.days = parsed.settings.days;
    parsed.orders.dup_rate = parsed.settings.dup_rate;
    parsed.orders.bad_rate = parsed.settings.bad_rate;
    check(parsed);
    return parsed;
}

std::string help_text() {
    std::string text =
        R"(Generates feeds for harmonia, and the truth about them. Same options, same bytes.

  harmonia-gen --feed FEED --out FILE [--truth FILE] [options]
                        one feed
  harmonia-gen day --out DIRECTORY [options]
                        a day of all networks and one merchant
  harmonia-gen mids --out FILE [options]
                        the identifiers of the stores, as CSV
  harmonia-gen smp --out FILE [--count N] [--seed S] [--accounts N] [--debtors N]
                        PrepareTransfer messages, one a line, among the accounts (100000) of some
                        debtors (4): senders evenly drawn, recipients after Zipf's law
  harmonia-gen histories --out FILE [--truth FILE] [--seed S] [--customers N] [--terminals N]
                        [--first-day DATE] [--days N]
                        payments of 5000 customers at 10000 terminals in 183 days from 2018-04-01,
                        as CSV, with known frauds; the truth has them, known when they happened
  harmonia-gen orders --out FILE [--truth FILE] [--count N] [--seed S] [--dup-rate R] [--bad-rate R]
                        [--first-day DATE] [--days N]
                        orders as the feed orders-csv reads them, paid by cards of test ranges,
                        with repetitions and refused records; the truth has the card numbers

FILE `-` is standard output. Options:
  --count N             purchases (10000)
  --seed S              (1)
  --match-rate R        purchases whose merchant row must match (0.9)
  --dup-rate R          records repeated, beside the count (0)
  --bad-rate R          records spoiled, in several ways (0)
  --unknown-mid-rate R  payments at an identifier nobody onboarded (0)
  --rival-rate R        purchases sharing store and amount with 1 to 4 others (0)
  --skip-rate R         merchant rows that the feed leaves out, beside the count (0)
  --merchant SLUG       whose stores the payments are made at (iceland-bonus-card)
  --networks LIST       of the purchases, as visa,visa,amex: evenly drawn; a network's feed holds
                        its own (default: all its own, elsewhere 5:3:2)
  --stores N            (60)
  --first-day DATE      (2025-10-24)
  --days N              (4)

Feeds:)";
    for (const auto& layout : layouts()) {
        text += ' ';
        text += layout->name;
    }
    return text + '\n';
}

} // namespace harmonia::gen

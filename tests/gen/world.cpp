#include "tests/gen/world.hpp"

#include "core/base/error.hpp"
#include "tests/gen/text.hpp"

#include <array>
#include <cmath>

namespace harmonia::gen {
namespace {

constexpr std::uint64_t k_amounts = 26'910; ///< 1.00 to 299.99 without those that end in 7
constexpr std::uint64_t k_slot_s = 240;     ///< purchases of one amount keep this distance
constexpr std::uint64_t k_slots_a_day = 16 * 3600 / k_slot_s;
constexpr std::int64_t k_opening_s = 6 * 3600;
constexpr std::uint64_t k_rivals_max = 5;
constexpr std::uint64_t k_users = 50'000;

/// One set of rivals: 2 + 3 + 4 + 5 purchases; where each group starts.
constexpr std::array<std::uint64_t, 5> k_rival_groups = {0, 2, 5, 9, 14};

std::int64_t amount_of(std::uint64_t index) {
    constexpr std::array<std::int64_t, 9> last_digits = {0, 1, 2, 3, 4, 5, 6, 8, 9};
    return 100 + static_cast<std::int64_t>(index / 9) * 10 + last_digits[index % 9];
}

void require(bool good, const std::string& what, const std::string& hint) {
    if (!good)
        throw Error(Exit::usage, what, hint);
}

} // namespace

const char* network_slug(Network network) {
    switch (network) {
    case Network::visa:
        return "visa";
    case Network::mastercard:
        return "mastercard";
    case Network::amex:
        return "amex";
    }
    return "";
}

Network network_named(std::string_view slug) {
    for (const auto network : {Network::visa, Network::mastercard, Network::amex})
        if (slug == network_slug(network))
            return network;
    throw Error(Exit::usage, "unknown network '" + std::string(slug) + "'",
                "Networks are visa, mastercard and amex.");
}

World::World(Settings settings) : settings_(std::move(settings)) {
    auto& s = settings_;
    for (const double rate :
         {s.match_rate, s.dup_rate, s.bad_rate, s.unknown_mid_rate, s.rival_rate, s.skip_rate})
        require(rate >= 0 && rate <= 1, "a rate is outside 0 to 1", "Write 1 % as 0.01.");
    require(s.stores >= 1 && s.stores <= 100'000, "--stores is outside 1 to 100000", "");
    require(s.days >= 1 && s.days <= 60, "--days is outside 1 to 60", "");
    if (s.networks.empty()) {
        s.networks.assign({Network::visa, Network::visa, Network::visa, Network::visa,
                           Network::visa, Network::mastercard, Network::mastercard,
                           Network::mastercard, Network::amex, Network::amex});
    }
    if (s.first_day == 0)
        s.first_day = k_first_day;
    for (unsigned day = 0; day < s.days; ++day)
        offsets_.push_back(london_offset_at_noon(s.first_day + day));
    if (s.rival_rate > 0) {
        const auto per_set = static_cast<double>(k_rival_groups.back());
        rival_period_ = static_cast<std::uint64_t>(std::lround(per_set / s.rival_rate));
    }
    const auto rounds = s.days * k_slots_a_day / k_rivals_max;
    require(s.count / s.stores < rounds * k_amounts, "so many purchases do not fit",
            "Use more --stores or --days.");
    merchant_code_ = 10 + stream_of(s.merchant) % 90;
}

World::Place World::place(std::uint64_t index) const {
    const auto stores = settings_.stores;
    const bool planned = index >= settings_.count;
    const auto number = planned ? index - settings_.count : index;
    const auto store = static_cast<unsigned>(number % stores) + (planned ? stores : 0U);
    auto turn = number / stores;
    std::uint64_t rival = 0;
    if (rival_period_ > 0 && !planned) {
        const auto position = turn % rival_period_;
        for (std::size_t g = 0; g + 1 < k_rival_groups.size(); ++g)
            if (position >= k_rival_groups[g] && position < k_rival_groups[g + 1])
                rival = position - k_rival_groups[g];
        turn -= rival;
    }
    const auto round = turn / k_amounts;
    const auto start = scramble(settings_.seed + store * 0x10001ULL);
    const auto amount_index = (turn * 7919 + start) % k_amounts;
    const auto slots = settings_.days * k_slots_a_day;
    const auto scatter = scramble(start + amount_index);
    // 7 and 11 share no factor with any number of slots' 240, so that a round's rivals stay apart.
    const auto slot =
        (scatter + (round * k_rivals_max + rival) * (slots % 7 == 0 ? 11 : 7)) % slots;
    return {amount_index, slot, round * k_rivals_max + rival, store};
}

void World::purchase(std::uint64_t index, Purchase& out) const {
    const auto at = place(index);
    Rng rng(settings_.seed, stream_of("purchase"), index);
    out.index = index;
    out.store = at.store;
    out.network = settings_.networks[rng.below(settings_.networks.size())];
    out.amount = amount_of(at.amount_index);
    const auto day = at.slot / k_slots_a_day;
    out.london_offset = offsets_[day];
    const auto second =
        k_opening_s + static_cast<std::int64_t>(at.slot % k_slots_a_day * k_slot_s + rng.below(60));
    out.time = (settings_.first_day + static_cast<std::int64_t>(day)) * 86'400 + second -
               out.london_offset;
    out.unknown_mid = false;
    draw_texts(rng, at, out);
    draw_counterpart(out);
}

void World::draw_texts(Rng& rng, const Place& at, Purchase& out) const {
    out.id.clear();
    const auto high = rng.next(), low = rng.next();
    switch (out.network) {
    case Network::visa:
        append_uuid(out.id, high, low);
        break;
    case Network::mastercard: {
        // Nine characters are few, so that these ids come from the number itself: no two are equal.
        const auto mixed =
            (out.index * 0x5851f42d4c957f2dULL + scramble(settings_.seed)) & ((1ULL << 53U) - 1);
        append_base62(out.id, mixed, 9);
        break;
    }
    case Network::amex:
        append_hex(out.id, high, low);
        break;
    }
    Rng user(settings_.seed, stream_of("user"),
             rng.below(k_users) * 4 + static_cast<unsigned>(out.network));
    out.token.clear();
    append_base62(out.token, user.next(), 11);
    append_base62(out.token, user.next(), 11);
    out.first_six.clear();
    constexpr std::uint64_t issuers[] = {40, 51, 37};
    append_padded(out.first_six,
                  issuers[static_cast<unsigned>(out.network)] * 10'000 + user.below(10'000), 6);
    out.last_four.clear();
    append_padded(out.last_four, user.below(10'000), 4);

    const auto code =
        (scramble(settings_.seed ^ (at.store * k_amounts + at.amount_index)) + at.rival * 7) %
        1'000'000;
    out.auth_code.clear();
    append_padded(out.auth_code, code, 6);
    out.merchant_code = out.auth_code;
    const bool sent =
        out.network == Network::mastercard || (out.network == Network::visa && !rng.chance(0.1));
    if (!sent)
        out.auth_code.clear();
}

void World::draw_counterpart(Purchase& out) const {
    Rng rng(settings_.seed, stream_of("counterpart"), out.index);
    out.merchant_id.clear();
    const auto high = rng.next(), low = rng.next();
    append_hex(out.merchant_id, high, low);
    out.merchant_amount = out.amount;
    out.merchant_currency = "GBP";
    out.merchant_network = out.network;
    out.merchant_time = out.time + static_cast<std::int64_t>(rng.below(91)) - 45;
    out.counterpart = Counterpart::matched;
    if (rng.chance(settings_.match_rate))
        return;
    out.counterpart = static_cast<Counterpart>(1 + rng.below(4));
    switch (out.counterpart) {
    case Counterpart::matched:
        break;
    case Counterpart::other_time: { // too late for the time rules, and another code for the others
        out.merchant_time = out.time + 75 + static_cast<std::int64_t>(rng.below(41));
        auto& digit = out.merchant_code[0];
        digit = static_cast<char>('0' + (digit - '0' + 5) % 10);
        break;
    }
    case Counterpart::other_currency:
        out.merchant_currency = "EUR";
        break;
    case Counterpart::other_network:
        out.merchant_network = static_cast<Network>((static_cast<unsigned>(out.network) + 1) % 3);
        break;
    case Counterpart::other_amount:
        out.merchant_amount = out.amount / 10 * 10 + 7;
        break;
    }
}

Onboarded World::onboarded(Network network, unsigned store) {
    if (network == Network::amex || store % 10 < 8)
        return Onboarded::primary;
    return store % 10 == 8 ? Onboarded::secondary : Onboarded::psimi;
}

void World::append_mid(std::string& out, Network network, unsigned store) const {
    // Mastercard's start with zeros: identifiers are texts, not numbers.
    constexpr std::string_view prefixes[] = {"49", "0052", "93"};
    out += prefixes[static_cast<unsigned>(network)];
    append_padded(out, merchant_code_ * 1'000'000 + store, 8);
}

void World::append_store_id(std::string& out, Network network, unsigned store) const {
    out += network == Network::visa ? 'V' : 'L';
    append_padded(out, merchant_code_ * 1'000'000 + store, 8);
}

void World::append_psimi(std::string& out, Network network) const {
    out += network == Network::visa ? "VM" : "AG";
    append_padded(out, merchant_code_, 4);
}

void World::append_unknown_mid(std::string& out, std::uint64_t index) const {
    out += "00UNKNOWN";
    append_padded(out, scramble(index) % 1000, 3);
}

void World::append_location(std::string& out, unsigned store) const {
    out += 'S';
    append_padded(out, store, 6);
}

} // namespace harmonia::gen

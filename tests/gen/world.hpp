// The world that all generated feeds speak of: stores with their identifiers, and purchases.
//
// A purchase is a function of (seed, number): a network's file and a merchant's file made in two
// runs agree about every purchase, and no memory grows with their length. Purchases are laid out so
// that the rules of the shipped merchants have exactly one answer, without a search for accidental
// twins:
//   - two purchases of one store share an amount only as planned rivals or after all amounts were
//   used;
//   - those that share it lie at least 240 s apart and carry different authorisation codes;
//   - all lie between 06:00 and 22:00 London time, so that no shift of some seconds crosses
//   midnight;
//   - no purchase's amount ends in the digit 7: rows with such amounts match nothing.
#pragma once

#include "tests/gen/rng.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::gen {

enum class Network : std::uint8_t { visa, mastercard, amex };
[[nodiscard]] const char* network_slug(Network network);
[[nodiscard]] Network network_named(std::string_view slug); ///< Error(usage) when unknown

struct Settings {
    std::uint64_t seed = 1;
    std::uint64_t count = 10'000; ///< purchases
    double match_rate = 0.9;      ///< share of purchases whose merchant row must match
    double dup_rate = 0;          ///< records repeated byte for byte, beside the count
    double bad_rate = 0;          ///< records made unreadable, of several kinds
    double unknown_mid_rate = 0;  ///< payments at a merchant identifier nobody knows
    double rival_rate = 0;        ///< purchases that share store and amount with 1 to 4 others
    double skip_rate = 0;         ///< merchant rows its feed leaves out, beside the count
    std::string merchant = "iceland-bonus-card";
    unsigned stores = 60;       ///< per merchant; 1 to 100 000
    std::int64_t first_day = 0; ///< days since 1970; 0 = k_first_day
    unsigned days = 4;
    std::vector<Network> networks; ///< drawn evenly, a repeated one more often; empty = 5:3:2
};
/// Friday before the autumn clock change of 2025: both of London's offsets occur in four days.
inline constexpr std::int64_t k_first_day = 20'385;

/// What the merchant's row of a purchase looks like. Only `matched` ones match.
enum class Counterpart : std::uint8_t {
    matched,
    other_time,
    other_currency,
    other_network,
    other_amount
};

struct Purchase {
    std::uint64_t index = 0;
    Network network = Network::visa;
    unsigned store = 0;
    std::int64_t amount = 0;        ///< pennies, GBP
    std::int64_t time = 0;          ///< seconds since 1970 UTC, on the payment side
    std::int64_t london_offset = 0; ///< seconds, at that time
    std::string id;                 ///< the network's own id of the purchase
    std::string token, first_six, last_four;
    std::string auth_code;    ///< six digits, or empty where the network sent none
    bool unknown_mid = false; ///< the payment names an identifier that no one onboarded

    Counterpart counterpart = Counterpart::matched;
    std::string merchant_id; ///< id of the merchant's row
    std::int64_t merchant_time = 0, merchant_amount = 0;
    std::string merchant_code;
    std::string_view merchant_currency = "GBP";
    Network merchant_network = Network::visa;
};

/// How much of a store the networks' identifiers were onboarded for.
enum class Onboarded : std::uint8_t { primary, secondary, psimi };

class World {
public:
    /// Throws Error(usage) for settings out of range, or when so many purchases do not fit.
    explicit World(Settings settings);
    [[nodiscard]] const Settings& settings() const { return settings_; }

    /// Purchase `index`, into `out` (its strings' memory is reused). Indices beyond the count lie
    /// in stores of their own (`stores` and up) and are free for planned scenarios.
    void purchase(std::uint64_t index, Purchase& out) const;

    /// Visa and Mastercard know every tenth store by its store id only, and every tenth by the id
    /// of the whole merchant only; everything else is known by its primary identifier.
    [[nodiscard]] static Onboarded onboarded(Network network, unsigned store);
    void append_mid(std::string& out, Network network, unsigned store) const; ///< ≤ 15 characters
    void append_store_id(std::string& out, Network network, unsigned store) const; ///< ≤ 12
    void append_psimi(std::string& out, Network network) const;                    ///< 6
    void append_unknown_mid(std::string& out, std::uint64_t index) const;          ///< ≤ 15
    void append_location(std::string& out, unsigned store) const; ///< the merchant's own store code

    /// The identifier CSV of all stores, ten columns, no header.
    [[nodiscard]] std::string identifier_csv() const;

private:
    struct Place {
        std::uint64_t amount_index, slot, rival;
        unsigned store;
    };
    [[nodiscard]] Place place(std::uint64_t index) const;
    void draw_texts(Rng& rng, const Place& at, Purchase& out) const;
    void draw_counterpart(Purchase& out) const;

    Settings settings_;
    std::uint64_t merchant_code_ = 0; ///< two digits that keep merchants' identifiers apart
    std::uint64_t rival_period_ = 0;  ///< every so many purchases of a store hold one set of rivals
    std::vector<std::int64_t> offsets_; ///< London's, by day
};

} // namespace harmonia::gen

#include "core/money/currency.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace harmonia::money {

namespace {

struct Group {
    int exponent;
    std::string_view codes; // separated by single blanks
};

constexpr std::array k_groups = {
    Group{0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
    Group{2, "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN "
             "BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB "
             "EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS "
             "KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
             "MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD "
             "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS "
             "UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"},
    Group{3, "BHD IQD JOD KWD LYD OMR TND"},
    Group{4, "CLF UYW"},
};

constexpr std::size_t k_letters = 26;
using Table = std::array<std::int8_t, k_letters * k_letters * k_letters>;

constexpr std::size_t index_of(std::string_view code) {
    const auto letter = [&](std::size_t i) { return static_cast<std::size_t>(code[i] - 'A'); };
    return (letter(0) * k_letters + letter(1)) * k_letters + letter(2);
}

consteval Table make_table() {
    Table table{};
    for (auto& entry : table)
        entry = -1;
    for (const Group& group : k_groups)
        for (std::size_t at = 0; at < group.codes.size(); at += 4)
            table[index_of(group.codes.substr(at, 3))] = static_cast<std::int8_t>(group.exponent);
    return table;
}

constexpr Table k_table = make_table();

} // namespace

std::optional<int> exponent_of(std::string_view code) {
    if (code.size() != 3)
        return std::nullopt;
    for (const char c : code)
        if (c < 'A' || c > 'Z')
            return std::nullopt;
    const int exponent = k_table[index_of(code)];
    return exponent < 0 ? std::nullopt : std::optional<int>(exponent);
}

} // namespace harmonia::money

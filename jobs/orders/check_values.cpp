// Values in the texts of order records: instants, items, addresses, countries.
#include "core/base/text.hpp"
#include "core/money/decimal.hpp"
#include "core/time/format.hpp"
#include "core/time/zone.hpp"
#include "importers/json/json_paths.hpp"
#include "jobs/orders/check.hpp"

#include <arpa/inet.h>

#include <array>

namespace harmonia::orders {
namespace {

constexpr std::string_view k_countries =
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR "
    "BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ "
    "EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW "
    "GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY "
    "KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV "
    "MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY "
    "QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG "
    "TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM "
    "ZW";
constexpr std::size_t k_items_max = 1000; // no basket is larger
constexpr long long k_quantity_max = 1'000'000'000;

enum ItemField : std::size_t { id, item_id, name, cost, quantity, discount, fields };

const importers::JsonPaths& item_paths() {
    static const importers::JsonPaths paths = [] {
        importers::JsonPaths made;
        constexpr std::array k_names = {"id", "itemID", "name", "cost", "quantity", "discount"};
        for (std::size_t i = 0; i < k_names.size(); ++i)
            static_cast<void>(made.add(k_names[i], i));
        return made;
    }();
    return paths;
}

std::optional<OrderItem> read_item(const json::Value& item, int exponent, expr::Arena& arena) {
    std::array<expr::Value, fields> found;
    if (!item_paths().fetch(item, found, arena))
        return std::nullopt;
    const auto money = [&](const expr::Value& value) -> std::optional<std::int64_t> {
        if (value.is_blank())
            return 0;
        const auto minor =
            money::parse_scaled(print(value, arena), exponent, money::Rounding::exact);
        return minor ? std::optional(*minor) : std::nullopt;
    };
    const auto unit = money(found[cost]), off = money(found[discount]);
    const auto count = found[quantity].is_blank() ? 1 : parse_int(print(found[quantity], arena));
    if (!unit || !off || !count || *count < 0 || *count > k_quantity_max)
        return std::nullopt;
    const expr::Value& reference = found[id].is_blank() ? found[item_id] : found[id];
    return OrderItem{std::string(print(reference, arena)), std::string(print(found[name], arena)),
                     *unit, *count, *off};
}

} // namespace

std::optional<std::int64_t> read_instant(std::string_view text, std::int64_t unit_us) {
    if (all_digits(text)) {
        const auto number = parse_int(text);
        std::int64_t us = 0;
        if (unit_us == 0 || !number || __builtin_mul_overflow(*number, unit_us, &us))
            return std::nullopt;
        return us;
    }
    const auto parsed = time::parse_iso(text);
    if (!parsed || !parsed->has_time || !parsed->offset_seconds)
        return std::nullopt;
    return parsed->instant(time::Zone::utc());
}

std::optional<std::vector<OrderItem>> read_items(std::string_view json, int exponent) {
    json::Document document;
    if (!document.read(json, importers::k_record_rules) ||
        document.root().kind() != json::Kind::array)
        return std::nullopt;
    std::vector<OrderItem> items;
    expr::Arena arena;
    for (const json::Value one : document.root().items()) {
        arena.reset();
        auto item = items.size() == k_items_max ? std::nullopt : read_item(one, exponent, arena);
        if (!item)
            return std::nullopt;
        items.push_back(std::move(*item));
    }
    return items;
}

std::optional<std::string> canonical_address(const std::string& text) {
    unsigned char address[sizeof(in6_addr)];
    char shown[INET6_ADDRSTRLEN];
    const int family = text.find(':') == std::string::npos ? AF_INET : AF_INET6;
    if (::inet_pton(family, text.c_str(), address) != 1)
        return std::nullopt;
    return ::inet_ntop(family, address, shown, sizeof shown) == nullptr ? text : shown;
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_country(std::string_view code) {
    if (code.size() != 2)
        return false;
    for (std::size_t at = 0; at < k_countries.size(); at += 3)
        if (k_countries.substr(at, 2) == code)
            return true;
    return false;
}

} // namespace harmonia::orders

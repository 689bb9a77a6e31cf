#include "jobs/orders/check.hpp"

#include "core/base/digit_runs.hpp"
#include "core/base/text.hpp"
#include "core/card/pan.hpp"
#include "core/card/redact.hpp"
#include "core/money/currency.hpp"
#include "core/money/decimal.hpp"

#include <algorithm>

namespace harmonia::orders {
namespace {

using importers::OrderField;
using importers::Strictness;

constexpr std::int64_t k_earliest_us = 946'684'800'000'000;          // 2000-01-01
constexpr std::int64_t k_payment_amount_max = 1'000'000'000'000'000; // 10^15 minor units
constexpr std::size_t k_id_bytes_max = 100, k_key_bytes_max = 200;   // fit an index and a screen
constexpr std::array k_kinds = {"purchase", "refund", "verification", "payout", "transfer"};
constexpr std::array k_channels = {"pos", "ecom", "moto", "atm", "recurring"};
constexpr std::array k_methods = {"paytm", "icici-debit", "hdfc-credit", "amazonpay",
                                  "card",  "wallet",      "upi",         "netbanking",
                                  "cash",  "paypal",      "transfer"};
constexpr std::pair<const char*, const char*> k_aliases[] = {
    {"icicidebit", "icici-debit"}, {"hdfccredit", "hdfc-credit"}, {"amazon-pay", "amazonpay"}};

template <typename Names>
bool among(std::string_view text, const Names& names) {
    return std::find(std::begin(names), std::end(names), text) != std::end(names);
}

/// Whether a token is in fact a card number: of a known network, with the right check digit.
bool is_card_number(std::string_view text) {
    card::Pan pan;
    return pan.read(text) && luhn_holds(pan.digits()) &&
           std::string_view(card::brand_of(pan.digits())) != "other";
}

class Check {
public:
    Check(Order& out, const CheckContext& context, expr::Arena& arena)
        : out_(out), context_(context), arena_(arena) {}

    Expected<void> run(std::string_view lacking);

private:
    using Text = std::optional<std::string_view>;
    Text& at(OrderField field) { return out_.at(field); }
    static const char* name(OrderField field) {
        return importers::k_order_fields[static_cast<std::size_t>(field)];
    }
    void fault(const char* code, std::string field, std::string_view detail = {});
    void fold_case(OrderField field, bool upper);
    void required_fields(std::string_view lacking);
    void id();
    void time();
    void money();
    std::optional<std::int64_t> minor(OrderField field, std::string_view text);
    void order_match();
    void card();
    void card_number(const card::Pan& pan);
    void words();
    void places();
    std::optional<std::int64_t> degrees(OrderField field, int limit);
    void position(OrderField lat, OrderField lon, std::optional<std::int64_t>& to_lat,
                  std::optional<std::int64_t>& to_lon);
    void texts();
    [[nodiscard]] std::string without_own_card(std::string_view text) const;

    Order& out_;
    const CheckContext& context_;
    expr::Arena& arena_;
    std::optional<Problem> problem_;
    std::optional<int> exponent_;
    bool amount_read_ = false;
    card::Pan own_; ///< the record's card number, wiped on destruction
};

void Check::fault(const char* code, std::string field, std::string_view detail) {
    std::string text = std::string(code) + " " + field;
    if (!detail.empty())
        text.append(": ").append(detail);
    if (!problem_)
        problem_ = Problem{code, std::move(field), std::move(text)};
    else
        problem_->detail.append("; ").append(text);
}

void Check::fold_case(OrderField field, bool upper) {
    Text& text = at(field);
    if (!text)
        return;
    const char from = upper ? 'a' : 'A', to = upper ? 'z' : 'Z';
    if (std::none_of(text->begin(), text->end(), [&](char c) { return c >= from && c <= to; }))
        return;
    char* const copy = arena_.allocate(text->size());
    std::transform(text->begin(), text->end(), copy, [&](char c) {
        return c >= from && c <= to ? static_cast<char>(upper ? c - 32 : c + 32) : c;
    });
    text = std::string_view(copy, text->size());
}

void Check::required_fields(std::string_view lacking) {
    for (const std::string_view field : split(lacking, ' '))
        if (!field.empty())
            fault("V-REQ", std::string(field), "is missing");
    for (const OrderField field : {OrderField::amount, OrderField::currency, OrderField::method})
        if (!at(field))
            fault("V-REQ", name(field), "is missing");
    if (!at(OrderField::event_time) && !context_.options.time_received)
        fault("V-REQ", name(OrderField::event_time), "is missing");
    const std::string_view method = at(OrderField::method).value_or("");
    const std::string_view type = at(OrderField::method_type).value_or("");
    const bool by_card = method == "card" || method.ends_with("-debit") ||
                         method.ends_with("-credit") || type == "debit" || type == "credit";
    if (by_card && !at(OrderField::pan) && !at(OrderField::card_token))
        fault("V-REQ", name(OrderField::pan), "is required for a card method");
}

void Check::id() {
    const Text& id = at(OrderField::external_id);
    if (!id && !context_.file)
        fault("V-ID", name(OrderField::external_id),
              "neither the record nor the message has an id");
    else if (id && id->size() > k_id_bytes_max)
        fault("V-ID", name(OrderField::external_id), "must not exceed 100 bytes");
}

void Check::time() {
    const Text& text = at(OrderField::event_time);
    if (!text) {
        out_.event_us = context_.now_us;
        out_.time_received = true;
        return;
    }
    const auto instant = read_instant(*text, context_.options.time_unit_us);
    if (!instant)
        fault("V-TIME", name(OrderField::event_time), "must be an RFC 3339 timestamp with a zone");
    else if (*instant < k_earliest_us)
        fault("V-TIME", name(OrderField::event_time), "must not be before 2000");
    else if (*instant > context_.now_us + context_.options.future_skew_us)
        fault("V-TIME", name(OrderField::event_time), "must not be in the future");
    else
        out_.event_us = *instant;
}

// Exponents are allowed in JSON only; plus signs, blanks and bare points nowhere.
std::optional<std::int64_t> Check::minor(OrderField field, std::string_view text) {
    const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
    const bool plain = !digits.empty() && digits.front() >= '0' && digits.front() <= '9' &&
                       digits.back() >= '0' && digits.back() <= '9';
    if (!plain ||
        (!context_.options.json && digits.find_first_of("eE") != std::string_view::npos)) {
        fault("V-AMT-FORMAT", name(field), "must be a decimal number");
        return std::nullopt;
    }
    // Without a known currency only the syntax can be checked.
    const auto value = money::parse_scaled(text, exponent_.value_or(money::k_scale_max / 2),
                                           money::Rounding::exact);
    if (value)
        return exponent_ ? std::optional(*value) : std::nullopt;
    const std::string& code = value.error().code;
    if (code == "bad_amount")
        fault("V-AMT-FORMAT", name(field), "must be a decimal number");
    else if (exponent_)
        fault(code == "amount_precision" ? "V-AMT-SCALE" : "V-AMT-RANGE", name(field),
              code == "amount_precision" ? "has more decimals than its currency" : "is too large");
    return std::nullopt;
}

void Check::money() {
    fold_case(OrderField::currency, true);
    if (const Text& currency = at(OrderField::currency)) {
        exponent_ = money::exponent_of(*currency);
        if (!exponent_)
            fault("V-CUR", name(OrderField::currency), "must be an active ISO 4217 currency code");
    }
    const Text& text = at(OrderField::amount);
    if (!text)
        return;
    const auto amount = minor(OrderField::amount, *text);
    if (!amount)
        return;
    amount_read_ = true;
    const bool zero_allowed = at(OrderField::kind) == "verification";
    if (*amount < 0 || (*amount == 0 && !zero_allowed))
        fault("V-AMT-SIGN", name(OrderField::amount), "must be greater than 0");
    else if (*amount > k_payment_amount_max)
        fault("V-AMT-RANGE", name(OrderField::amount), "is too large");
    out_.amount = *amount;
}

void Check::order_match() {
    fold_case(OrderField::order_currency, true);
    const Text& cost = at(OrderField::order_cost);
    Text& currency = at(OrderField::order_currency);
    if (!currency)
        currency = at(OrderField::currency);
    const bool same_currency = currency == at(OrderField::currency);
    if (cost && same_currency) {
        out_.order_total = minor(OrderField::order_cost, *cost);
    } else if (cost) {
        const auto exponent = money::exponent_of(currency.value_or(""));
        if (!exponent)
            fault("V-CUR", name(OrderField::order_currency),
                  "must be an active ISO 4217 currency code");
        const auto total = money::parse_scaled(*cost, exponent.value_or(0), money::Rounding::exact);
        if (total)
            out_.order_total = *total;
    }
    if (const Text& items = at(OrderField::order_items)) {
        auto read = read_items(*items, exponent_.value_or(0));
        if (!read)
            fault("V-AMT-FORMAT", name(OrderField::order_items), "must be an array of items");
        else
            out_.items = std::move(*read);
    }
    const bool differs = !same_currency || out_.order_total != out_.amount;
    if (!amount_read_ || !out_.order_total || !differs ||
        context_.options.order_match == Strictness::off)
        return;
    if (context_.options.order_match == Strictness::warn)
        out_.warn(Warning::amount_mismatch);
    else
        fault("V-AMT-MISMATCH", name(OrderField::order_cost), "must equal the amount paid");
}

void Check::card() {
    Text& text = at(OrderField::pan);
    if (Text& token = at(OrderField::card_token); token && !text && is_card_number(*token))
        std::swap(text, token);
    if (text) {
        if (own_.read(*text))
            card_number(own_);
        else
            fault("V-CARD-LEN", name(OrderField::pan), "must have 12 to 19 digits");
        text.reset();
    } else if (const Text& token = at(OrderField::card_token)) {
        out_.card = payments::card_of_token(context_.provider, *token);
    }
}

void Check::card_number(const card::Pan& pan) {
    const auto check = context_.options.card_check;
    const bool luhn = luhn_holds(pan.digits());
    const auto found = [&](bool good, const char* code, Warning warning, const char* what) {
        if (good || check == Strictness::off)
            return;
        if (check == Strictness::warn)
            out_.warn(warning);
        else
            fault(code, name(OrderField::pan), what);
    };
    found(card::iin_holds(pan.digits(), context_.private_ranges), "V-CARD-IIN", Warning::card_iin,
          "does not begin as a card's does");
    found(luhn, "V-CARD-LUHN", Warning::card_luhn, "has a wrong check digit");
    const auto reference = [&](const card::CardHash& hash) {
        return payments::CardRef{
            hash.key_id,
            std::string(reinterpret_cast<const char*>(hash.hmac.data()), hash.hmac.size()),
            std::string(card::first_n(pan.digits())),
            std::string(card::last4(pan.digits())),
            card::brand_of(pan.digits()),
            static_cast<int>(pan.digits().size()),
            luhn};
    };
    const card::CardKeys& keys = context_.keys();
    out_.card = reference(keys.hash(pan.digits()));
    if (const auto previous = keys.previous_hash(pan.digits()))
        out_.previous_card = reference(*previous);
}

void Check::words() {
    for (const OrderField field :
         {OrderField::kind, OrderField::channel, OrderField::method, OrderField::method_type})
        fold_case(field, false);
    Text& kind = at(OrderField::kind);
    if (!kind)
        kind = "purchase";
    out_.refund = *kind == "refund";
    if (Text& method = at(OrderField::method)) {
        for (const auto& [alias, meant] : k_aliases)
            if (*method == alias)
                method = meant;
        if (!among(*method, k_methods))
            out_.warn(Warning::method);
    }
}

std::optional<std::int64_t> Check::degrees(OrderField field, int limit) {
    constexpr int k_scale = 6;
    const auto value = money::parse_scaled(*at(field), k_scale, money::Rounding::truncate);
    if (value && *value >= -limit * 1'000'000LL && *value <= limit * 1'000'000LL)
        return *value;
    fault("V-GEO", name(field), "must be a position in degrees");
    return std::nullopt;
}

void Check::position(OrderField lat, OrderField lon, std::optional<std::int64_t>& to_lat,
                     std::optional<std::int64_t>& to_lon) {
    constexpr int k_latitude_max = 90, k_longitude_max = 180;
    if (at(lat).has_value() != at(lon).has_value())
        return fault("V-GEO", name(at(lat) ? lon : lat), "is required with the other coordinate");
    if (!at(lat))
        return;
    to_lat = degrees(lat, k_latitude_max);
    to_lon = degrees(lon, k_longitude_max);
}

void Check::places() {
    constexpr std::size_t k_mcc_digits = 4;
    if (const Text& mcc = at(OrderField::mcc);
        mcc && (mcc->size() != k_mcc_digits || !all_digits(*mcc)))
        fault("V-MCC", name(OrderField::mcc), "must have four digits");
    for (const OrderField field : {OrderField::card_country, OrderField::ip_country,
                                   OrderField::merchant_country, OrderField::ship_country}) {
        fold_case(field, true);
        if (at(field) && !is_country(*at(field)))
            fault("V-COUNTRY", name(field), "must be an ISO 3166-1 country code");
    }
    position(OrderField::lat, OrderField::lon, out_.lat, out_.lon);
    position(OrderField::merchant_lat, OrderField::merchant_lon, out_.merchant_lat,
             out_.merchant_lon);
    if (!among(*at(OrderField::kind), k_kinds))
        fault("V-KIND", name(OrderField::kind),
              "must be purchase, refund, verification, payout or transfer");
    if (at(OrderField::channel) && !among(*at(OrderField::channel), k_channels))
        fault("V-CHANNEL", name(OrderField::channel), "must be pos, ecom, moto, atm or recurring");
    if (Text& ip = at(OrderField::ip)) {
        const auto address = canonical_address(std::string(*ip));
        if (!address)
            fault("V-IP", name(OrderField::ip), "must be an IP address");
        else if (*address != *ip)
            ip = arena_.copy(*address);
    }
}

// Free texts pass the redactor. Ids are exempt, because many look like card numbers, unless they
// show the card of this record.
void Check::texts() {
    for (std::size_t i = 0; i < out_.text.size(); ++i) {
        Text& text = out_.text[i];
        const auto field = static_cast<OrderField>(i);
        if (!text || field == OrderField::pan || field == OrderField::order_items)
            continue;
        if (text->size() > k_key_bytes_max)
            fault("V-LENGTH", name(field), "must not exceed 200 bytes");
        const bool free = field == OrderField::order_name || field == OrderField::method ||
                          field == OrderField::method_type;
        if (!free && (own_.empty() || text->size() < own_.digits().size()))
            continue;
        const std::string shown =
            free ? card::redact(*text, own_.digits()) : without_own_card(*text);
        if (shown == *text)
            continue;
        if (field == OrderField::external_id)
            fault("V-ID", name(field), "must not be the card number");
        text = arena_.copy(shown);
    }
    for (OrderItem& item : out_.items) {
        item.reference = card::redact(printable(item.reference, k_key_bytes_max), own_.digits());
        item.name = card::redact(printable(item.name, k_key_bytes_max), own_.digits());
    }
}

std::string Check::without_own_card(std::string_view text) const {
    bool shows = false;
    for_each_card_like(
        text, [&](const DigitRun& run) { return run.digits() == own_.digits(); },
        [&](const DigitRun&) { shows = true; });
    return shows ? card::redact(text, own_.digits()) : std::string(text);
}

Expected<void> Check::run(std::string_view lacking) {
    words();
    required_fields(lacking);
    id();
    time();
    money();
    order_match();
    card();
    places();
    texts();
    if (context_.secrets_dropped)
        out_.warn(Warning::sad);
    if (problem_)
        return tl::make_unexpected(std::move(*problem_));
    return {};
}

} // namespace

Expected<void> check_order(Order& out, std::string_view lacking, const CheckContext& context,
                           expr::Arena& arena) {
    return Check(out, context, arena).run(lacking);
}

} // namespace harmonia::orders

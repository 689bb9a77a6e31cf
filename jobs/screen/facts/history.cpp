#include "jobs/screen/facts/history.hpp"

#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/money/currency.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/facts/rational.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace harmonia::screen {

namespace {

constexpr std::uint8_t k_received = 1;
constexpr std::uint8_t k_judge = 2;
constexpr std::size_t k_first_position = static_cast<std::size_t>(Field::lat);
constexpr std::int32_t k_no_position = std::numeric_limits<std::int32_t>::min();
constexpr std::int64_t k_no_amount = -1;

std::size_t at(Field field) {
    return static_cast<std::size_t>(field);
}

// All countries share one dictionary, so that they compare by code.
Field dictionary_of(Field field) {
    return field == Field::ip_country || field == Field::merchant_country ||
                   field == Field::ship_country
               ? Field::card_country
               : field;
}

std::int32_t day_of(std::int64_t event_us) {
    return time::date_of_local(event_us);
}

} // namespace

History::History(Fields kept, std::string base_currency)
    : kept_(kept | bit(Field::source) | bit(Field::feed_type) | bit(Field::currency)),
      base_currency_(std::move(base_currency)), dictionaries_(new Dictionary[k_text_fields]) {
    std::fill(std::begin(positions_), std::end(positions_), Packed(k_no_position));
    if (this->kept(Field::bin6))
        kept_ |= bit(Field::card);
    masked_.push_back({}); // of code 0: no card
    for (unsigned n = 1; n <= k_bin_max; ++n)
        bins_.push_back(0);
}

void History::append(const Fact& fact) {
    payment_id_.push_back(fact.payment_id);
    event_us_.push_back(fact.event_us);
    original_.push_back(fact.amount_minor);
    flags_.push_back(static_cast<std::uint8_t>((fact.received_time ? k_received : 0) |
                                               (fact.judge ? k_judge : 0) |
                                               (static_cast<unsigned>(fact.verdict) << 2U)));
    for (const auto& [field, text] : k_text_columns)
        if (kept(field))
            codes_[at(field)].push_back(dictionaries_[at(dictionary_of(field))].code(fact.*text));
    if (kept(Field::card))
        codes_[at(Field::card)].push_back(
            fact.card_id == 0 ? 0 : card_ids_.code(card_key(fact.card_id)));
    for (const auto& [field, position] : k_position_columns)
        if (kept(field))
            positions_[at(field) - k_first_position].push_back(
                (fact.*position).value_or(k_no_position));
    external_.push_back(fact.external_id);
}

void History::add_rate(const ExchangeRate& rate) {
    rates_.push_back(rate);
}
void History::add_label(const Label& label) {
    labels_.push_back(label);
}

void History::end_rows() {
    HARMONIA_CHECK(size() < std::numeric_limits<std::uint32_t>::max());
    reorder(sorted());
    rows_ended_ = true;
}

void History::finish() {
    if (!rows_ended_)
        end_rows();
    code_cards();
    convert_amounts();
    link_labels();
}

std::uint32_t History::adopt(Field field, const History& other, std::uint32_t code) {
    if (field == Field::card)
        return adopt_card(other, code);
    return dictionaries_[at(dictionary_of(field))].code(other.dictionary(field).text(code));
}

std::vector<History::Appended> History::sorted() const {
    std::vector<Appended> order(size());
    for (std::uint32_t row = 0; row < size(); ++row)
        order[row] = {event_us_[row], row};
    const auto content = [&](const Appended& one) {
        return std::tuple(text(Field::source, one.row), external_[one.row],
                          text(Field::feed_type, one.row));
    };
    std::sort(order.begin(), order.end(), [&](const Appended& a, const Appended& b) {
        return a.event_us != b.event_us ? a.event_us < b.event_us : content(a) < content(b);
    });
    for (std::size_t i = 1; i < order.size(); ++i)
        if (order[i - 1].event_us == order[i].event_us &&
            content(order[i - 1]) == content(order[i]))
            throw Error(Exit::internal, "transaction " + std::string(external_[order[i].row]) +
                                            " is in the history twice");
    return order;
}

void History::reorder(const std::vector<Appended>& order) {
    const auto gather = [&](Packed& column) {
        if (!column.empty())
            column = Packed::of(size(), [&](std::size_t row) { return column[order[row].row]; });
    };
    for (Packed* column : {&payment_id_, &original_, &event_us_})
        gather(*column);
    std::for_each(std::begin(codes_), std::end(codes_), gather);
    std::for_each(std::begin(positions_), std::end(positions_), gather);
    std::vector<std::uint8_t> flags(size());
    PackedTexts external;
    for (std::uint32_t row = 0; row < size(); ++row) {
        flags[row] = flags_[order[row].row];
        if ((flags[row] & k_judge) == 0)
            continue;
        judged_.push_back(row);
        external.push_back(external_[order[row].row]);
    }
    flags_ = std::move(flags);
    external_ = std::move(external);
}

void History::convert_amounts() {
    std::map<std::uint32_t, std::vector<ExchangeRate>> by_currency;
    const Dictionary& currencies = dictionaries_[at(Field::currency)];
    for (const ExchangeRate& rate : rates_)
        if (const std::uint32_t code = currencies.find(rate.from_currency); code != 0)
            by_currency[code].push_back(rate);
    for (auto& [code, rates] : by_currency)
        std::sort(rates.begin(), rates.end(),
                  [](const auto& a, const auto& b) { return a.day < b.day; });
    const std::uint32_t base = currencies.find(base_currency_);
    const int exponent = money::exponent_of(base_currency_).value_or(2);
    const auto in_base_currency = [&](std::size_t row) {
        return code(Field::currency, row) == base && base != 0 &&
               original_[row] <= k_base_amount_max;
    };
    std::size_t row = 0;
    while (row < size() && in_base_currency(row))
        ++row;
    if (row == size())
        return;
    amount_ = Packed(k_no_amount);
    for (row = 0; row < size(); ++row) {
        if (in_base_currency(row)) {
            amount_.push_back(original_[row]);
            continue;
        }
        const std::uint32_t currency = code(Field::currency, row);
        std::int64_t amount = k_no_amount;
        const auto own = money::exponent_of(currencies.text(currency));
        const auto rates = by_currency.find(currency);
        if (own && rates != by_currency.end()) {
            const auto& known = rates->second;
            const auto later = std::upper_bound(
                known.begin(), known.end(), day_of(event_us_[row]),
                [](std::int32_t day, const ExchangeRate& rate) { return day < rate.day; });
            if (later != known.begin())
                amount = convert(original_[row], std::prev(later)->coefficient,
                                 std::prev(later)->scale, exponent - *own)
                             .value_or(k_no_amount);
        }
        missing_rates_ += amount == k_no_amount ? 1 : 0;
        amount_.push_back(amount);
    }
}

void History::link_labels() {
    std::sort(labels_.begin(), labels_.end(),
              [](const Label& a, const Label& b) { return a.payment_id < b.payment_id; });
    for (std::uint32_t row = 0; row < size() && !labels_.empty(); ++row)
        for (auto label =
                 std::lower_bound(labels_.begin(), labels_.end(), payment_id_[row],
                                  [](const Label&a, std::int64_t id) { return a.payment_id < id; });
             label != labels_.end() && label->payment_id == payment_id_[row]; ++label)
            known_.push_back({row, label->known_us, label->fraud});
    std::sort(known_.begin(), known_.end(), [](const KnownLabel& a, const KnownLabel& b) {
        return std::tuple(a.row, a.known_us, a.fraud) < std::tuple(b.row, b.known_us, b.fraud);
    });
    labels_ = {};
}

} // namespace harmonia::screen

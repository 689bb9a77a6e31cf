#include "jobs/screen/history.hpp"

#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/money/currency.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/exact.hpp"

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

std::vector<std::pair<Field, std::string_view>> texts_of(const Fact& fact) {
    return {{Field::customer, fact.customer},
            {Field::merchant, fact.merchant},
            {Field::terminal, fact.terminal},
            {Field::ip, fact.ip},
            {Field::device, fact.device},
            {Field::email_hash, fact.email_hash},
            {Field::mcc, fact.mcc},
            {Field::card_country, fact.card_country},
            {Field::ip_country, fact.ip_country},
            {Field::merchant_country, fact.merchant_country},
            {Field::ship_country, fact.ship_country},
            {Field::kind, fact.kind},
            {Field::method, fact.method},
            {Field::method_type, fact.method_type},
            {Field::channel, fact.channel},
            {Field::currency, fact.currency},
            {Field::source, fact.source},
            {Field::feed_type, fact.feed_type}};
}

template <typename T>
void gather(std::vector<T>& column, const std::vector<std::uint32_t>& order) {
    if (column.empty())
        return;
    std::vector<T> sorted(column.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        sorted[i] = column[order[i]];
    column = std::move(sorted);
}

std::int32_t day_of(std::int64_t event_us) {
    return time::date_of_local(event_us);
}

} // namespace

History::History(Fields kept, std::string base_currency)
    : kept_(kept | bit(Field::source) | bit(Field::feed_type) | bit(Field::currency)),
      base_currency_(std::move(base_currency)), dictionaries_(new Dictionary[k_text_fields]) {
    if (this->kept(Field::bin6))
        kept_ |= bit(Field::card);
}

void History::append(const Fact& fact) {
    payment_id_.push_back(fact.payment_id);
    event_us_.push_back(fact.event_us);
    given_.push_back(fact.amount_minor);
    flags_.push_back(static_cast<std::uint8_t>((fact.received_time ? k_received : 0) |
                                               (fact.judge ? k_judge : 0) |
                                               (static_cast<unsigned>(fact.verdict) << 2U)));
    for (const auto& [field, text] : texts_of(fact))
        if (kept(field))
            codes_[at(field)].push_back(dictionaries_[at(dictionary_of(field))].code(text));
    if (kept(Field::card))
        card_id_.push_back(fact.card_id);
    const std::optional<std::int32_t> positions[] = {fact.lat, fact.lon, fact.merchant_lat,
                                                     fact.merchant_lon};
    for (std::size_t i = 0; i < 4; ++i)
        if (kept(static_cast<Field>(k_first_position + i)))
            positions_[i].push_back(positions[i].value_or(k_no_position));
    external_.append(fact.external_id);
    external_end_.push_back(external_.size());
}

void History::add_card(const Card& card) {
    cards_[card.id] = card;
}
void History::add_rate(const ExchangeRate& rate) {
    rates_.push_back(rate);
}
void History::add_label(const Label& label) {
    labels_.push_back(label);
}

void History::finish() {
    HARMONIA_CHECK(size() < std::numeric_limits<std::uint32_t>::max());
    reorder(sorted_rows());
    code_cards();
    convert_amounts();
    link_labels();
    for (std::uint32_t row = 0; row < size(); ++row)
        if ((flags_[row] & k_judge) != 0)
            judged_.push_back(row);
}

std::string_view History::external_of(std::uint32_t appended) const {
    const std::uint64_t begin = external_end_[appended];
    return std::string_view(external_).substr(begin, external_end_[appended + 1] - begin);
}

std::vector<std::uint32_t> History::sorted_rows() const {
    struct Place {
        std::int64_t event_us;
        std::uint32_t row;
    };
    std::vector<Place> places(size());
    for (std::uint32_t row = 0; row < size(); ++row)
        places[row] = {event_us_[row], row};
    const auto content = [&](const Place& place) {
        return std::tuple(text(Field::source, place.row), external_of(place.row),
                          text(Field::feed_type, place.row));
    };
    std::sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
        return a.event_us != b.event_us ? a.event_us < b.event_us : content(a) < content(b);
    });
    std::vector<std::uint32_t> order(size());
    for (std::size_t i = 0; i < size(); ++i) {
        order[i] = places[i].row;
        if (i > 0 && places[i - 1].event_us == places[i].event_us &&
            content(places[i - 1]) == content(places[i]))
            throw Error(Exit::internal, "transaction " + std::string(external_of(order[i])) +
                                            " is in the history twice");
    }
    return order;
}

void History::reorder(const std::vector<std::uint32_t>& order) {
    for (auto* column : {&payment_id_, &event_us_, &given_, &card_id_})
        gather(*column, order);
    gather(flags_, order);
    for (auto& column : codes_)
        gather(column, order);
    for (auto& column : positions_)
        gather(column, order);
    external_at_ = order;
}

void History::code_cards() {
    if (!kept(Field::card))
        return;
    const auto told = [&](std::int64_t id) -> const Card& {
        const auto found = cards_.find(id);
        if (found == cards_.end())
            throw Error(Exit::internal, "card " + std::to_string(id) + " was not told");
        return found->second;
    };
    std::unordered_map<std::int64_t, std::uint32_t> codes;
    hashes_.resize(1);
    masked_.resize(1);
    bins_.resize(k_bin_max);
    Dictionary& known = dictionaries_[at(Field::card)];
    const auto coded = [&](std::int64_t id) {
        const Card& card = told(id);
        const Card& root =
            card.same_as != 0 && cards_.count(card.same_as) != 0 ? told(card.same_as) : card;
        const auto [place, fresh] = codes.emplace(id, 0);
        if (!fresh)
            return place->second;
        const std::uint32_t code = known.code(root.hash);
        if (code == hashes_.size()) {
            hashes_.emplace_back();
            const int hidden = std::max(6, root.pan_len - static_cast<int>(root.first_n.size()) -
                                               static_cast<int>(root.last4.size()));
            masked_.push_back(root.last4.empty()
                                  ? std::string()
                                  : root.first_n +
                                        std::string(static_cast<std::size_t>(hidden), '*') +
                                        root.last4);
            for (unsigned n = 1; n <= k_bin_max; ++n)
                bins_.push_back(root.first_n.size() < n
                                    ? 0
                                    : dictionaries_[at(Field::bin6)].code(
                                          std::string_view(root.first_n).substr(0, n)));
        }
        codes[id] = code;
        return code;
    };
    auto& column = codes_[at(Field::card)];
    column.assign(size(), 0);
    for (std::size_t row = 0; row < size(); ++row)
        if (card_id_[row] != 0)
            column[row] = coded(card_id_[row]);
    for (const auto& [id, card] : cards_) { // every hash under which a list may know the card
        const std::int64_t root =
            card.same_as != 0 && cards_.count(card.same_as) != 0 ? card.same_as : id;
        if (const std::uint32_t code = known.find(told(root).hash); code != 0)
            hashes_[code].push_back(card.hash);
    }
    for (auto& hashes : hashes_)
        std::sort(hashes.begin(), hashes.end());
    if (kept(Field::bin6))
        for (std::size_t row = 0; row < size(); ++row)
            codes_[at(Field::bin6)].push_back(bin(row, 6));
    card_id_ = {};
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
    amount_ = given_;
    for (std::size_t row = 0; row < size(); ++row) {
        const std::uint32_t currency = codes_[at(Field::currency)][row];
        if (currency == base && base != 0 && given_[row] <= k_amount_max)
            continue;
        amount_[row] = k_no_amount;
        const auto own = money::exponent_of(currencies.text(currency));
        const auto rates = by_currency.find(currency);
        if (own && rates != by_currency.end()) {
            const auto& known = rates->second;
            const auto later = std::upper_bound(
                known.begin(), known.end(), day_of(event_us_[row]),
                [](std::int32_t day, const ExchangeRate& rate) { return day < rate.day; });
            if (later != known.begin())
                amount_[row] = convert(given_[row], std::prev(later)->coefficient,
                                       std::prev(later)->scale, exponent - *own)
                                   .value_or(k_no_amount);
        }
        missing_rates_ += amount_[row] == k_no_amount ? 1 : 0;
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

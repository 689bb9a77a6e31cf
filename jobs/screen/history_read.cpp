#include "core/base/check.hpp"
#include "jobs/screen/history.hpp"

#include <algorithm>
#include <limits>

namespace harmonia::screen {

namespace {

std::size_t at(Field field) {
    return static_cast<std::size_t>(field);
}

} // namespace

const Dictionary& History::dictionary(Field field) const {
    HARMONIA_CHECK(at(field) < k_text_fields);
    const bool country = field >= Field::card_country && field <= Field::ship_country;
    return dictionaries_[at(country ? Field::card_country : field)];
}

std::string_view History::text(Field field, std::size_t row) const {
    return dictionary(field).text(code(field, row));
}

std::string History::masked_card(std::size_t row) const {
    const std::uint32_t card = code(Field::card, row);
    return card == 0 ? std::string() : masked_[card];
}

std::span<const std::string> History::card_hashes(std::uint32_t code) const {
    if (code >= hashes_.size())
        return {};
    return hashes_[code];
}

std::uint32_t History::bin(std::size_t row, unsigned n) const {
    const std::uint32_t card = code(Field::card, row);
    return n == 0 || n > k_bin_max || card == 0 ? 0 : bins_[card * k_bin_max + n - 1];
}

std::optional<std::int32_t> History::position(Field field, std::size_t row) const {
    const auto& column = positions_[at(field) - at(Field::lat)];
    if (column.empty() || column[row] == std::numeric_limits<std::int32_t>::min())
        return std::nullopt;
    return column[row];
}

std::string_view History::external_id(std::size_t row) const {
    return external_of(external_at_[row]);
}

std::uint64_t History::bytes() const {
    const auto of = [](const auto& column) { return column.capacity() * sizeof(column[0]); };
    std::uint64_t sum = of(payment_id_) + of(event_us_) + of(given_) + of(amount_) + of(flags_) +
                        of(external_end_) + of(external_at_) + of(known_) + of(judged_) +
                        external_.capacity();
    for (const auto& column : codes_)
        sum += of(column);
    for (const auto& column : positions_)
        sum += of(column);
    return sum;
}

std::vector<History::FraudPeriod> History::fraud_periods(std::int64_t asof_us) const {
    std::vector<FraudPeriod> periods;
    constexpr std::int64_t ever = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < known_.size(); ++i) {
        const KnownLabel& label = known_[i];
        if (label.known_us > asof_us || !label.fraud)
            continue;
        const bool replaced = i + 1 < known_.size() && known_[i + 1].row == label.row &&
                              known_[i + 1].known_us <= asof_us;
        const FraudPeriod period{label.row, label.known_us,
                                 replaced ? known_[i + 1].known_us : ever};
        if (!periods.empty() && periods.back().row == period.row &&
            periods.back().until_us == period.from_us)
            periods.back().until_us = period.until_us; // told again
        else if (period.from_us < period.until_us)
            periods.push_back(period);
    }
    return periods;
}

std::optional<bool> History::label(std::size_t row, std::int64_t asof_us) const {
    std::optional<bool> newest;
    for (auto label = std::lower_bound(
             known_.begin(), known_.end(), row,
             [](const KnownLabel&known, std::size_t wanted) { return known.row < wanted; });
         label != known_.end() && label->row == row && label->known_us <= asof_us; ++label)
        newest = label->fraud;
    return newest;
}

} // namespace harmonia::screen

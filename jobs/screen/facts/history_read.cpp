// A finished History as judges read it.
#include "core/base/check.hpp"
#include "jobs/screen/facts/history.hpp"

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

std::optional<std::int32_t> History::position(Field field, std::size_t row) const {
    const Packed& column = positions_[at(field) - at(Field::lat)];
    if (column.empty() || column[row] == std::numeric_limits<std::int32_t>::min())
        return std::nullopt;
    return static_cast<std::int32_t>(column[row]);
}

std::string_view History::external_id(std::size_t row) const {
    if (judged_.size() == size())
        return external_[row];
    const auto found = std::lower_bound(judged_.begin(), judged_.end(), row);
    HARMONIA_CHECK(found != judged_.end() && *found == row);
    return external_[static_cast<std::size_t>(found - judged_.begin())];
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
            periods.back().until_us = period.until_us; // the same label again
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

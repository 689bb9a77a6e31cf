// Features computed the slow way, row by row over all rows, from facts alone: written independently
// of the engine's passes, to be compared with them.
#pragma once

#include "jobs/screen/rules/ruleset.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace harmonia::screen_test {

using namespace harmonia::screen;

struct NaiveRow {
    std::string id, card, customer, merchant, ip, terminal;
    std::int64_t at = 0, amount = 0; ///< amount < 0: missing
    Outcome verdict = Outcome::none;
    std::vector<std::pair<std::int64_t, bool>> labels; ///< known at, fraud
};

struct NaiveValue {
    bool missing = true;
    std::uint32_t n = 0;
    std::int64_t value = 0;
    Int128 sum = 0, squares = 0;
    std::string text;
};

class Naive {
public:
    Naive(const std::vector<NaiveRow>& rows, std::int64_t asof) : rows_(rows), asof_(asof) {}

    using Where = std::function<bool(const NaiveRow&)>;
    NaiveValue value(const Feature& feature, std::size_t self, const Where& where,
                     const Where& of) const {
        const NaiveRow& now = rows_[self];
        NaiveValue found;
        for (const Field field : feature.by)
            if (part(now, field).empty())
                return found;
        std::vector<const NaiveRow*> in;
        for (std::size_t i = 0; i < rows_.size(); ++i) {
            const NaiveRow& row = rows_[i];
            const std::int64_t until = now.at - feature.lag_us;
            bool counts = row.at <= until && row.at >= until - feature.over_us && where(row) &&
                          (i != self || feature.current);
            for (const Field field : feature.by)
                counts = counts && part(row, field) == part(now, field);
            if (strictly_before(feature.aggregate))
                counts = counts && row.at < now.at;
            if (feature.aggregate == Aggregate::verdicts)
                counts = counts && row.verdict == feature.verdict;
            if (feature.aggregate == Aggregate::labels)
                counts = counts && fraud(row, now.at);
            if (of_field(feature.aggregate))
                counts = counts && !part(row, feature.of).empty();
            if (counts)
                in.push_back(&row);
        }
        fill(feature, now, in, of, found);
        if (found.n < feature.min_n)
            found.missing = true;
        return found;
    }

private:
    static bool strictly_before(Aggregate a) {
        return a == Aggregate::last || a == Aggregate::nth_last || a == Aggregate::since_last;
    }
    static bool of_field(Aggregate a) {
        return a == Aggregate::sum || a == Aggregate::avg || a == Aggregate::stddev ||
               a == Aggregate::min || a == Aggregate::max || a == Aggregate::distinct ||
               a == Aggregate::last || a == Aggregate::nth_last;
    }
    static std::string part(const NaiveRow& row, Field field) {
        switch (field) {
        case Field::card:
            return row.card;
        case Field::customer:
            return row.customer;
        case Field::merchant:
            return row.merchant;
        case Field::ip:
            return row.ip;
        case Field::terminal:
            return row.terminal;
        default:
            return row.amount < 0 ? "" : std::to_string(row.amount);
        }
    }
    bool fraud(const NaiveRow& row, std::int64_t at) const {
        std::optional<std::pair<std::int64_t, bool>> newest;
        for (const auto& label : row.labels)
            if (label.first <= at && label.first <= asof_ && (!newest || label >= *newest))
                newest = label;
        return newest && newest->second;
    }
    static void fill(const Feature& feature, const NaiveRow& now,
                     const std::vector<const NaiveRow*>& in, const Where& of, NaiveValue& found) {
        found.n = static_cast<std::uint32_t>(in.size());
        const auto later = [](const NaiveRow* a, const NaiveRow* b) {
            return a->at != b->at ? a->at > b->at : a->id > b->id;
        };
        std::vector<const NaiveRow*> latest = in;
        for (std::size_t i = 0; i < latest.size(); ++i) // newest first
            for (std::size_t j = i + 1; j < latest.size(); ++j)
                if (later(latest[j], latest[i]))
                    std::swap(latest[i], latest[j]);
        std::set<std::string> different;
        for (const NaiveRow* row : in) {
            found.sum += row->amount;
            found.squares += Int128{row->amount} * row->amount;
            different.insert(part(*row, feature.of));
        }
        found.missing = in.empty();
        switch (feature.aggregate) {
        case Aggregate::count:
        case Aggregate::sum:
        case Aggregate::labels:
        case Aggregate::verdicts:
            found.missing = false;
            break;
        case Aggregate::distinct:
            found.missing = false;
            found.value = static_cast<std::int64_t>(different.size());
            break;
        case Aggregate::share:
            for (const NaiveRow* row : in)
                found.value += of(*row) ? 1 : 0;
            break;
        case Aggregate::min:
        case Aggregate::max:
            for (const NaiveRow* row : in)
                if (row == in.front() ||
                    (feature.aggregate == Aggregate::min ? row->amount < found.value
                                                         : row->amount > found.value))
                    found.value = row->amount;
            break;
        case Aggregate::first_at:
            if (!in.empty())
                found.value = latest.back()->at;
            break;
        case Aggregate::since_last:
            if (!in.empty())
                found.value = now.at - latest.front()->at;
            break;
        case Aggregate::last:
        case Aggregate::nth_last:
            found.missing = latest.size() < feature.nth;
            if (!found.missing) {
                found.text = part(*latest[feature.nth - 1], feature.of);
                found.value = latest[feature.nth - 1]->amount;
            }
            break;
        default:
            break;
        }
    }

    const std::vector<NaiveRow>& rows_;
    std::int64_t asof_;
};

} // namespace harmonia::screen_test

// Lists bound to a history, and values printed.
#include "core/base/error.hpp"
#include "core/time/civil.hpp"
#include "jobs/screen/judge/evaluate.hpp"

#include <algorithm>

namespace harmonia::screen {

namespace {

std::string printed_duration(std::int64_t us) {
    if (us < 0)
        return "-" + printed_duration(-us);
    struct Unit {
        std::int64_t us;
        const char* name;
    };
    constexpr Unit units[] = {
        {time::k_day_us, "d"}, {time::k_hour_us, "h"}, {time::k_minute_us, "m"}};
    std::string text;
    for (const Unit& unit : units) {
        if (us >= unit.us)
            text += (text.empty() ? "" : " ") + std::to_string(us / unit.us) + unit.name;
        us %= unit.us;
    }
    if (us == 0)
        return text.empty() ? "0s" : text;
    std::string seconds = print(Rational{us, time::k_second_us}, 6);
    if (seconds.find('.') != std::string::npos)
        seconds.erase(seconds.find_last_not_of('0') + 1);
    if (seconds.back() == '.')
        seconds.pop_back();
    return text + (text.empty() ? "" : " ") + seconds + "s";
}

const ListContent* content_of(const List& list, const Context& context) {
    const auto found =
        std::find_if(context.lists.begin(), context.lists.end(),
                     [&](const ListContent& content) { return content.name == list.name; });
    if (found == context.lists.end())
        throw Error(Exit::config, "unknown managed list '" + list.name + "'",
                    "`harmonia screen lists add " + list.name + " --key KEY` creates it.");
    return &*found;
}

} // namespace

Members::Members(const List& list, const ListContent* content, const History& history)
    : history_(history), cards_(list.key == "card") {
    for (const std::string& value : list.values)
        values_[value].push_back({k_never_us, k_ever_us});
    if (content != nullptr)
        for (const ListContent::Entry& entry : content->entries)
            values_[entry.value].push_back({entry.starts_us, entry.expires_us});
    by_code_.resize(k_text_fields);
    for (std::size_t i = 0; i < k_text_fields; ++i) {
        const auto field = static_cast<Field>(i);
        const bool applies = list.key == field_name(field) || list.key == "text" ||
                             (list.key == "country" && field >= Field::card_country &&
                              field <= Field::ship_country) ||
                             (list.key == "bin" && field == Field::bin6);
        if (!applies)
            continue;
        const Dictionary& known = history.dictionary(field);
        by_code_[i].resize(known.size());
        for (std::uint32_t code = 1; code < known.size(); ++code) {
            const auto look = [&](std::string_view text) {
                if (const Periods* periods = find(text); periods != nullptr) {
                    const bool always = periods->front().starts_us == k_never_us &&
                                        periods->front().expires_us == k_ever_us;
                    by_code_[i][code] = always ? 1 : 2;
                }
            };
            if (field != Field::card)
                look(known.text(code));
            else
                for (const std::string_view hash : history.card_hashes(code))
                    if (by_code_[i][code] != 1)
                        look(hash);
        }
    }
}

bool Members::holds(const Periods& periods, std::int64_t at_us) {
    return std::any_of(
        periods.begin(), periods.end(),
        [&](const Period& period) {
            return period.starts_us <= at_us && at_us < period.expires_us;
        });
}

const Members::Periods* Members::find(std::string_view text) const {
    const auto found = values_.find(std::string(text));
    return found == values_.end() ? nullptr : &found->second;
}

bool Members::contains(Field field, std::uint32_t code, std::int64_t at_us) const {
    const auto& answers = by_code_[static_cast<std::size_t>(field)];
    if (answers[code] != 2)
        return answers[code] == 1;
    if (field != Field::card)
        return contains(history_.dictionary(field).text(code), at_us);
    const auto hashes = history_.card_hashes(code);
    return std::any_of(hashes.begin(), hashes.end(), [&](std::string_view hash) {
        const Periods* periods = find(hash);
        return periods != nullptr && holds(*periods, at_us);
    });
}

bool Members::contains(std::string_view text, std::int64_t at_us) const {
    if (cards_)
        return contains(Field::card, history_.dictionary(Field::card).find(text), at_us);
    const Periods* periods = find(text);
    return periods != nullptr && holds(*periods, at_us);
}

Binding::Binding(const History& history_, const Ruleset& ruleset_, const Context& context)
    : history(history_), ruleset(ruleset_) {
    for (const List& list : ruleset.lists)
        lists.emplace_back(list, list.managed ? content_of(list, context) : nullptr, history);
}

std::string printed(const Cell& cell, Kind kind, const Ruleset& ruleset) {
    if (!cell.known)
        return "missing";
    switch (kind) {
    case Kind::boolean:
        return cell.is_true() ? "true" : "false";
    case Kind::text:
        return std::string(cell.text);
    case Kind::time:
    case Kind::duration: {
        constexpr Int128 longest = 200'000 * Int128{366} * time::k_day_us;
        const Int128 us = cell.number.den == 0 ? longest : cell.number.num / cell.number.den;
        if (us >= longest || us <= -longest || (kind == Kind::time && us > longest / 25))
            return us < 0 ? "-∞" : "∞";
        return kind == Kind::time ? time::print_utc(static_cast<std::int64_t>(us))
                                  : printed_duration(static_cast<std::int64_t>(us));
    }
    case Kind::money: {
        Rational major = cell.number;
        for (int i = 0; i < ruleset.exponent; ++i)
            if (__builtin_mul_overflow(major.den, Int128{10}, &major.den))
                return "a great deal"; // reasons are digested: their texts never change
        return print(major, ruleset.exponent);
    }
    default: {
        if (cell.number.den == 1)
            return print(cell.number.num);
        std::string text = print(cell.number, 3);
        if (text.find('.') != std::string::npos)
            text.erase(text.find_last_not_of('0') + 1);
        if (text.back() == '.')
            text.pop_back();
        return text;
    }
    }
}

} // namespace harmonia::screen

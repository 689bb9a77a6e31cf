// Possible card numbers in a string: runs of 12 to 19 digits, also in groups with single blanks or
// hyphens between them. The common scanner of mask_digits (core/base/text.hpp) and of the redactor
// (core/card/redact.hpp), which differ in what they accept as a card number.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace harmonia {

inline constexpr std::size_t k_card_digits_min = 12, k_card_digits_max = 19;

/// Whether the check digit of a string of ASCII digits is correct (ISO/IEC 7812-1).
[[nodiscard]] constexpr bool luhn_holds(std::string_view digits) {
    int sum = 0;
    bool twice = false;
    for (std::size_t i = digits.size(); i-- > 0; twice = !twice) {
        const int digit = digits[i] - '0';
        sum += !twice ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
    }
    return sum % 10 == 0;
}

/// A candidate: groups of digits with one separator between two of them.
struct DigitRun {
    std::size_t begin = 0, end = 0; ///< in the text
    std::size_t groups = 1;
    std::size_t shortest = 0, longest = 0; ///< group
    std::array<char, k_card_digits_max> buffer{};
    std::size_t size = 0;
    [[nodiscard]] std::string_view digits() const { return {buffer.data(), size}; }
};

namespace digit_runs {

[[nodiscard]] constexpr bool digit(char c) {
    return c >= '0' && c <= '9';
}
[[nodiscard]] constexpr std::size_t group_end(std::string_view text, std::size_t at) {
    while (at < text.size() && digit(text[at]))
        ++at;
    return at;
}
/// Extends the run by the next group; false when there is none or the run would be too long.
[[nodiscard]] constexpr bool grow(std::string_view text, DigitRun& run) {
    std::size_t at = run.end;
    if (run.groups > 0) {
        if (at + 1 >= text.size() || (text[at] != ' ' && text[at] != '-') || !digit(text[at + 1]))
            return false;
        ++at;
    }
    const std::size_t end = group_end(text, at), length = end - at;
    if (run.size + length > run.buffer.size())
        return false;
    for (std::size_t i = at; i < end; ++i)
        run.buffer[run.size++] = text[i];
    run.shortest = run.groups == 0 || length < run.shortest ? length : run.shortest;
    run.longest = length > run.longest ? length : run.longest;
    run.end = end;
    ++run.groups;
    return true;
}

} // namespace digit_runs

/// Calls `found(run)` for the longest run starting at each group that `accept(run)` accepts, in
/// order and without overlaps. A group of more than 19 digits is never part of a run.
template <typename Accept, typename Found>
constexpr void for_each_card_like(std::string_view text, Accept accept, Found found) {
    for (std::size_t at = 0; at < text.size();) {
        if (!digit_runs::digit(text[at])) {
            ++at;
            continue;
        }
        DigitRun run, best;
        run.begin = run.end = at;
        run.groups = 0;
        bool any = false;
        while (digit_runs::grow(text, run))
            if (run.size >= k_card_digits_min && accept(run)) {
                best = run;
                any = true;
            }
        if (any)
            found(best);
        at = any ? best.end : digit_runs::group_end(text, at);
    }
}

} // namespace harmonia

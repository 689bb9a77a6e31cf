// A position in a string that is parsed as a time. Inside this folder.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace harmonia::time {

struct Cursor {
    std::string_view rest;

    [[nodiscard]] bool done() const { return rest.empty(); }
    [[nodiscard]] bool next_is_digit() const {
        return !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
    }
    bool take(char wanted) {
        if (rest.empty() || rest.front() != wanted)
            return false;
        rest.remove_prefix(1);
        return true;
    }
    /// As many digits as there are, between `least` and `most`.
    std::optional<int> digits(std::size_t least, std::size_t most) {
        int value = 0;
        std::size_t count = 0;
        for (; count < most && next_is_digit(); ++count) {
            value = value * 10 + (rest.front() - '0');
            rest.remove_prefix(1);
        }
        return count < least ? std::nullopt : std::optional<int>(value);
    }
    /// 1 to `most` (≤ 9) digits of a fraction, truncated to microseconds.
    std::optional<int> fraction(std::size_t most) {
        const std::string_view before = rest;
        auto value = digits(1, most);
        if (value) {
            for (std::size_t n = before.size() - rest.size(); n < 6; ++n)
                *value *= 10;
            for (std::size_t n = before.size() - rest.size(); n > 6; --n)
                *value /= 10;
        }
        return value;
    }
    /// `Z`, `+01:00`, `+0100` or `+01`, as seconds.
    std::optional<int> offset();
};

} // namespace harmonia::time

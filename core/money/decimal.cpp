#include "core/money/decimal.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <limits>

namespace harmonia::money {

namespace {

__extension__ typedef __int128 Wide;

constexpr std::int64_t k_max = std::numeric_limits<std::int64_t>::max();

// An exponent beyond this either overflows or results in zero; the bound keeps arithmetic in int.
constexpr int k_exponent_max = 999;

// A longer number cannot be an amount; the bound keeps digit positions within an int.
constexpr std::size_t k_length_max = 1000;

constexpr std::array<std::int64_t, k_scale_max + 1> make_powers() {
    std::array<std::int64_t, k_scale_max + 1> powers{};
    std::int64_t power = 1;
    for (std::size_t i = 0; i < powers.size(); ++i) {
        powers[i] = power;
        if (i + 1 < powers.size())
            power *= 10;
    }
    return powers;
}
constexpr auto k_powers = make_powers();

std::int64_t power_of_ten(int n) {
    return k_powers[static_cast<std::size_t>(n)];
}

tl::unexpected<Problem> out_of_range() {
    return bad("amount_range", {}, "beyond 64 bits of minor units");
}

tl::unexpected<Problem> too_precise(int scale) {
    return bad("amount_precision", {}, "more than " + std::to_string(scale) + " decimals");
}

tl::unexpected<Problem> not_a_number(std::string_view text) {
    constexpr std::size_t shown_max = 40;
    return bad("bad_amount", {}, "not a number: '" + printable(text, shown_max) + "'");
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// The parts of a number: the digits before and after the point, and the exponent.
struct Parts {
    bool negative = false;
    std::string_view whole, fraction;
    int exponent = 0;
};

bool take_exponent(std::string_view text, int& exponent) {
    bool negative = false;
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    if (text.empty())
        return false;
    for (const char c : text) {
        if (!is_digit(c))
            return false;
        exponent = exponent > k_exponent_max ? exponent : exponent * 10 + (c - '0');
    }
    exponent = negative ? -exponent : exponent;
    return true;
}

bool take_apart(std::string_view text, Parts& parts) {
    if (!text.empty() && (text.front() == '+' || text.front() == '-')) {
        parts.negative = text.front() == '-';
        text.remove_prefix(1);
    }
    std::size_t end = 0;
    while (end < text.size() && is_digit(text[end]))
        ++end;
    parts.whole = text.substr(0, end);
    text.remove_prefix(end);
    if (!text.empty() && text.front() == '.') {
        end = 1;
        while (end < text.size() && is_digit(text[end]))
            ++end;
        parts.fraction = text.substr(1, end - 1);
        text.remove_prefix(end);
    }
    if (parts.whole.empty() && parts.fraction.empty())
        return false;
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E'))
        return take_exponent(text.substr(1), parts.exponent);
    return text.empty();
}

// Adds up the digits whose weight is at least 10^-scale.
Expected<std::int64_t> scaled(const Parts& parts, int scale, Rounding rounding) {
    std::int64_t sum = 0;
    // The weight of the next digit is 10^(place - scale); digits below place 0 are excess.
    int place = static_cast<int>(parts.whole.size()) - 1 + parts.exponent + scale;
    for (const std::string_view digits : {parts.whole, parts.fraction}) {
        for (const char c : digits) {
            if (place >= 0) {
                if (__builtin_mul_overflow(sum, std::int64_t{10}, &sum) ||
                    __builtin_add_overflow(sum, std::int64_t{c - '0'}, &sum))
                    return out_of_range();
            } else if (c != '0' && rounding == Rounding::exact) {
                return too_precise(scale);
            }
            --place;
        }
    }
    for (; place >= 0 && sum != 0; --place)
        if (__builtin_mul_overflow(sum, std::int64_t{10}, &sum))
            return out_of_range();
    return parts.negative ? -sum : sum;
}

Expected<Decimal> fitted(Wide coefficient, int scale) {
    while (scale > k_scale_max || (scale > 0 && (coefficient > k_max || coefficient < -k_max))) {
        if (coefficient % 10 != 0)
            return scale > k_scale_max ? too_precise(k_scale_max) : out_of_range();
        coefficient /= 10;
        --scale;
    }
    if (coefficient > k_max || coefficient < -k_max)
        return out_of_range();
    return Decimal{static_cast<std::int64_t>(coefficient), scale};
}

// Both coefficients at the larger of the two scales; 63 + 60 bits always fit.
struct Aligned {
    Wide a, b;
    int scale;
};

Aligned align(Decimal a, Decimal b) {
    const int scale = a.scale > b.scale ? a.scale : b.scale;
    return {Wide{a.coefficient} * power_of_ten(scale - a.scale),
            Wide{b.coefficient} * power_of_ten(scale - b.scale), scale};
}

} // namespace

Expected<std::int64_t> parse_scaled(std::string_view text, int scale, Rounding rounding) {
    HARMONIA_CHECK(scale >= 0 && scale <= k_scale_max);
    Parts parts;
    text = trim(text);
    if (text.size() > k_length_max || !take_apart(text, parts))
        return not_a_number(text);
    return scaled(parts, scale, rounding);
}

Expected<Decimal> parse_decimal(std::string_view text) {
    Parts parts;
    text = trim(text);
    if (text.size() > k_length_max || !take_apart(text, parts))
        return not_a_number(text);
    const int written = static_cast<int>(parts.fraction.size()) - parts.exponent;
    const int scale = written < 0 ? 0 : written > k_scale_max ? k_scale_max : written;
    const auto coefficient = scaled(parts, scale, Rounding::exact);
    if (!coefficient)
        return tl::unexpected(coefficient.error());
    return Decimal{*coefficient, scale};
}

Expected<Decimal> add(Decimal a, Decimal b) {
    const Aligned both = align(a, b);
    return fitted(both.a + both.b, both.scale);
}

Expected<Decimal> subtract(Decimal a, Decimal b) {
    const Aligned both = align(a, b);
    return fitted(both.a - both.b, both.scale);
}

Expected<Decimal> multiply(Decimal a, Decimal b) {
    return fitted(Wide{a.coefficient} * b.coefficient, a.scale + b.scale);
}

int compare(Decimal a, Decimal b) {
    const Aligned both = align(a, b);
    return both.a < both.b ? -1 : both.a > both.b ? 1 : 0;
}

Expected<std::int64_t> rescale(Decimal value, int scale, Rounding rounding) {
    HARMONIA_CHECK(scale >= 0 && scale <= k_scale_max);
    if (scale < value.scale) {
        const std::int64_t divisor = power_of_ten(value.scale - scale);
        if (rounding == Rounding::exact && value.coefficient % divisor != 0)
            return too_precise(scale);
        return value.coefficient / divisor;
    }
    const Wide wide = Wide{value.coefficient} * power_of_ten(scale - value.scale);
    if (wide > k_max || wide < -k_max)
        return out_of_range();
    return static_cast<std::int64_t>(wide);
}

std::size_t print_scaled(std::int64_t coefficient, int scale, Padding padding, char* into) {
    HARMONIA_CHECK(scale >= 0 && scale <= k_scale_max);
    const std::uint64_t magnitude = coefficient < 0 ? 0 - static_cast<std::uint64_t>(coefficient)
                                                    : static_cast<std::uint64_t>(coefficient);
    const auto divisor = static_cast<std::uint64_t>(power_of_ten(scale));
    char* at = into;
    if (coefficient < 0)
        *at++ = '-';
    at = std::to_chars(at, into + k_print_max, magnitude / divisor).ptr;
    std::uint64_t fraction = magnitude % divisor;
    int decimals = scale;
    if (padding == Padding::unpadded) {
        while (decimals > 0 && fraction % 10 == 0) {
            fraction /= 10;
            --decimals;
        }
    }
    if (decimals > 0) {
        *at++ = '.';
        for (int i = decimals - 1; i >= 0; --i) {
            at[i] = static_cast<char>('0' + fraction % 10);
            fraction /= 10;
        }
        at += decimals;
    }
    return static_cast<std::size_t>(at - into);
}

std::string print_scaled(std::int64_t coefficient, int scale, Padding padding) {
    std::array<char, k_print_max> buffer;
    return std::string(buffer.data(), print_scaled(coefficient, scale, padding, buffer.data()));
}

} // namespace harmonia::money

#include "core/base/text.hpp"

#include "core/base/digit_runs.hpp"

#include <utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

namespace harmonia {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t keep = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({keep, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

struct Unit {
    std::string_view name;
    long long factor;
};

std::optional<long long> with_unit(std::string_view text, std::span<const Unit> units) {
    const auto digits = static_cast<std::size_t>(
        std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
    const auto number = parse_int(text.substr(0, digits));
    if (!number)
        return std::nullopt;
    for (const Unit& unit : units) {
        long long product = 0;
        if (text.substr(digits) == unit.name)
            return __builtin_mul_overflow(*number, unit.factor, &product) ? std::nullopt
                                                                          : std::optional(product);
    }
    return std::nullopt;
}

// Length of the well-formed UTF-8 sequence that begins there, 0 when there is none: the shortest
// prefix that is valid is one character.
std::size_t utf8_length(std::string_view text) {
    constexpr std::size_t k_sequence_max = 4;
    for (std::size_t size = 1; size <= std::min(text.size(), k_sequence_max); ++size)
        if (utf8::is_valid(text.data(), text.data() + size))
            return size;
    return 0;
}

bool is_ascii(char c) { // and not NUL
    return static_cast<signed char>(c) > 0;
}

/// Behind the ASCII characters that the text begins with; stops at a NUL.
const char* skip_ascii(const char* at, const char* end) {
    constexpr std::uint64_t k_high_bits = 0x8080808080808080U, k_ones = 0x0101010101010101U;
    for (; end - at >= 8; at += 8) {
        std::uint64_t word = 0;
        __builtin_memcpy(&word, at, 8);
        if ((((word - k_ones) | word) & k_high_bits) != 0)
            break;
    }
    return std::find_if_not(at, end, is_ascii);
}

} // namespace

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front()))
        text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back()))
        text.remove_suffix(1);
    return text;
}

std::string to_lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(
        a.begin(), a.end(), b.begin(), b.end(),
        [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (i != 0)
            out += separator;
        out += parts[i];
    }
    return out;
}

std::optional<long long> parse_int(std::string_view text) {
    if (!text.empty() && text.front() == '+')
        text.remove_prefix(1);
    long long value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || error != std::errc{} || stop != end)
        return std::nullopt;
    return value;
}

// Nearly all texts are ASCII, eight bytes of which cost what one costs the library. Characters
// beyond ASCII have no ASCII byte, so that a run of them stands for itself.
std::size_t find_bad_utf8(std::string_view text) {
    const char* const end = text.data() + text.size();
    const char* at = text.data();
    while ((at = skip_ascii(at, end)) != end) {
        const char* const run_end =
            std::find_if(at, end, [](char c) { return static_cast<signed char>(c) >= 0; });
        at = utf8::find_invalid(at, run_end);
        if (at != run_end || (at != end && *at == '\0'))
            break;
    }
    return at == end ? std::string_view::npos : static_cast<std::size_t>(at - text.data());
}

std::size_t count_characters(std::string_view text) {
    const char* const end = text.data() + text.size();
    const char* at = skip_ascii(text.data(), end);
    auto count = at - text.data();
    while (at != end) {
        const char* const bad = utf8::find_invalid(at, end);
        count += utf8::unchecked::distance(at, bad) + (bad == end ? 0 : 1);
        at = bad == end ? end : bad + 1;
    }
    return static_cast<std::size_t>(count);
}

char* write_utf8(char32_t character, char* to) {
    return utf8::unchecked::append(character, to);
}

std::string base64(std::string_view bytes) {
    static constexpr char k_digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        unsigned bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8U |
                   (at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            out += at + i <= bytes.size() ? k_digits[bits >> (18U - 6U * i) & 63U] : '=';
    }
    return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const char* digits = text.data() + i + 1;
        unsigned char byte = 0;
        if (i + 2 >= text.size() || std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2)
            return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

std::string printable(std::string_view text, std::size_t limit) {
    static constexpr char k_digits[] = "0123456789ABCDEF";
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (out.size() >= limit)
            return out + "...";
        const std::size_t length = utf8_length(text.substr(at));
        const auto byte = static_cast<unsigned char>(text[at]);
        if (length == 0 || byte < 0x20 || byte == 0x7F) {
            out += {'\\', 'x', k_digits[byte >> 4], k_digits[byte & 15]};
            at += 1;
        } else {
            out += text.substr(at, length);
            at += length;
        }
    }
    return out;
}

std::string mask_digits(std::string_view text) {
    constexpr std::size_t k_shown = 4, k_group_min = 4, k_group_max = 6; // as cards are printed
    std::string out(text);
    const auto card_like = [](const DigitRun& run) {
        return run.groups == 1 || luhn_holds(run.digits()) ||
               (run.shortest >= k_group_min && run.longest <= k_group_max);
    };
    for_each_card_like(text, card_like, [&](const DigitRun& run) {
        std::size_t hidden = run.size - k_shown;
        for (std::size_t at = run.begin; hidden > 0; ++at)
            if (is_digit(out[at])) {
                out[at] = '*';
                --hidden;
            }
    });
    return out;
}

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
    std::optional<std::string> best;
    std::size_t best_distance = word.size() / 3 + 2; // a third of the letters may be wrong
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(word, candidate);
        if (distance >= best_distance)
            continue;
        best_distance = distance;
        best = candidate;
    }
    return best;
}

std::optional<long long> parse_duration_ms(std::string_view text) {
    static constexpr std::array<Unit, 6> k_units{{{"ms", 1},
                                                  {"s", 1'000},
                                                  {"m", 60'000},
                                                  {"h", 3'600'000},
                                                  {"d", 86'400'000},
                                                  {"w", 604'800'000}}};
    return with_unit(text, k_units);
}

std::optional<long long> parse_size_bytes(std::string_view text) {
    static constexpr std::array<Unit, 4> k_units{
        {{"B", 1}, {"KiB", 1LL << 10}, {"MiB", 1LL << 20}, {"GiB", 1LL << 30}}};
    return with_unit(text, k_units);
}

} // namespace harmonia

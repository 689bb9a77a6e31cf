#include "importers/json_scan.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

namespace harmonia::importers {
namespace {

// Bytes that end a run of plain characters inside a string: quote, backslash, controls.
constexpr std::array<bool, 256> make_stops() {
    std::array<bool, 256> stops{};
    for (std::size_t i = 0; i < 0x20; ++i)
        stops[i] = true;
    stops['"'] = stops['\\'] = true;
    return stops;
}
constexpr std::array<bool, 256> k_stops = make_stops();

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

char* put_utf8(char* to, unsigned code) {
    const auto put = [&to](unsigned byte) { *to++ = static_cast<char>(byte); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0U | (code >> 6U));
        put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
        put(0xE0U | (code >> 12U));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    } else {
        put(0xF0U | (code >> 18U));
        put(0x80U | ((code >> 12U) & 0x3FU));
        put(0x80U | ((code >> 6U) & 0x3FU));
        put(0x80U | (code & 0x3FU));
    }
    return to;
}

unsigned hex_digit(char c) {
    if (is_digit(c))
        return static_cast<unsigned>(c - '0');
    return static_cast<unsigned>((c | 0x20) - 'a') + 10U;
}

unsigned hex_code(const char* at) {
    return hex_digit(at[0]) << 12U | hex_digit(at[1]) << 8U | hex_digit(at[2]) << 4U |
           hex_digit(at[3]);
}

} // namespace

bool JsonScan::fail(const char* what) {
    if (what_ == nullptr)
        what_ = what;
    return false;
}

tl::unexpected<Problem> JsonScan::problem() const {
    return bad("bad_json", {},
               fmt::format("{} at byte {}", what_ == nullptr ? "unexpected text" : what_,
                           at_ - begin_ + 1));
}

char JsonScan::peek() {
    while (at_ < end_ && is_blank(*at_))
        ++at_;
    return at_ < end_ ? *at_ : '\0';
}

bool JsonScan::take(char wanted) {
    if (peek() != wanted || at_ == end_)
        return fail("unexpected text");
    ++at_;
    return true;
}

bool JsonScan::text(Text& into) {
    if (!take('"'))
        return false;
    const char* const from = at_;
    into.escaped = false;
    while (true) {
        while (at_ < end_ && !k_stops[static_cast<unsigned char>(*at_)])
            ++at_;
        if (at_ == end_)
            return fail("a text is not closed");
        if (*at_ == '"')
            break;
        if (*at_ != '\\')
            return fail("a control character inside a text");
        into.escaped = true;
        if (!escape())
            return false;
    }
    into.raw = {from, static_cast<std::size_t>(at_ - from)};
    ++at_;
    return true;
}

bool JsonScan::escape() {
    ++at_;
    if (at_ == end_)
        return fail("a text is not closed");
    if (*at_ != 'u') {
        if (*at_ == '\0' || std::strchr("\"\\/bfnrt", *at_) == nullptr)
            return fail("an unknown escape");
        ++at_;
        return true;
    }
    ++at_;
    unsigned code = 0, low = 0;
    if (!hex4(code))
        return false;
    if (code == 0)
        return fail("a NUL character inside a text");
    if (code < 0xD800 || code > 0xDFFF)
        return true;
    if (code > 0xDBFF || end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u')
        return fail("half a surrogate pair");
    at_ += 2;
    if (!hex4(low))
        return false;
    return (low >= 0xDC00 && low <= 0xDFFF) || fail("half a surrogate pair");
}

bool JsonScan::hex4(unsigned& into) {
    if (end_ - at_ < 4)
        return fail("an escape is cut off");
    for (int i = 0; i < 4; ++i)
        if (!is_digit(at_[i]) && ((at_[i] | 0x20) < 'a' || (at_[i] | 0x20) > 'f'))
            return fail("an escape with a wrong digit");
    into = hex_code(at_);
    at_ += 4;
    return true;
}

bool JsonScan::number(std::string_view& into) {
    (void)peek();
    const char* const from = at_;
    const auto digits = [this] {
        const char* const first = at_;
        while (at_ < end_ && is_digit(*at_))
            ++at_;
        return at_ - first;
    };
    if (at_ < end_ && *at_ == '-')
        ++at_;
    const bool zero = at_ < end_ && *at_ == '0';
    const auto whole = digits();
    if (whole == 0 || (zero && whole > 1))
        return fail("not a number");
    if (at_ < end_ && *at_ == '.') {
        ++at_;
        if (digits() == 0)
            return fail("not a number");
    }
    if (at_ < end_ && (*at_ | 0x20) == 'e') {
        ++at_;
        if (at_ < end_ && (*at_ == '+' || *at_ == '-'))
            ++at_;
        const auto exponent = digits();
        if (exponent == 0 || exponent > 4)
            return fail("an exponent out of range");
    }
    into = {from, static_cast<std::size_t>(at_ - from)};
    return into.size() <= k_number_bytes_max || fail("a number is too long");
}

bool JsonScan::literal(std::string_view word) {
    if (static_cast<std::size_t>(end_ - at_) < word.size() ||
        std::memcmp(at_, word.data(), word.size()) != 0)
        return fail("unexpected text");
    at_ += word.size();
    return true;
}

bool JsonScan::key(Text& into, bool& done, bool first) {
    done = peek() == '}';
    if (done)
        return take('}');
    if (!first && (!take(',') || peek() != '"'))
        return fail("a member is missing");
    return text(into) && take(':');
}

bool JsonScan::item(bool& done, bool first) {
    done = peek() == ']';
    if (done)
        return take(']');
    return first || (take(',') && (peek() != ']' || fail("an item is missing")));
}

bool JsonScan::skip(int depth) {
    Text ignored;
    std::string_view number_text;
    bool done = false;
    switch (peek()) {
    case '"':
        return text(ignored);
    case '{':
        if (depth + 1 > k_json_depth_max)
            return fail("nested too deep");
        ++at_;
        for (bool first = true;; first = false) {
            if (!key(ignored, done, first))
                return false;
            if (done)
                return true;
            if (!skip(depth + 1))
                return false;
        }
    case '[':
        if (depth + 1 > k_json_depth_max)
            return fail("nested too deep");
        ++at_;
        for (bool first = true;; first = false) {
            if (!item(done, first))
                return false;
            if (done)
                return true;
            if (!skip(depth + 1))
                return false;
        }
    case 't':
        return literal("true");
    case 'f':
        return literal("false");
    case 'n':
        return literal("null");
    default:
        return number(number_text);
    }
}

bool JsonScan::finish() {
    return (peek() == '\0' && at_ == end_) || fail("text follows the value");
}

std::string_view unescaped(const JsonScan::Text& text, expr::Arena& arena) {
    if (!text.escaped)
        return text.raw;
    char* const begin = arena.allocate(text.raw.size());
    char* to = begin;
    for (std::size_t i = 0; i < text.raw.size(); ++i) {
        if (text.raw[i] != '\\') {
            *to++ = text.raw[i];
            continue;
        }
        const char kind = text.raw[++i];
        if (kind != 'u') {
            constexpr std::string_view k_letters = "bfnrt", k_meanings = "\b\f\n\r\t";
            const std::size_t found = k_letters.find(kind);
            *to++ = found == std::string_view::npos ? kind : k_meanings[found];
            continue;
        }
        unsigned code = hex_code(text.raw.data() + i + 1);
        i += 4;
        if (code >= 0xD800 && code <= 0xDBFF) {
            const unsigned low = hex_code(text.raw.data() + i + 3);
            code = 0x10000U + ((code - 0xD800U) << 10U) + (low - 0xDC00U);
            i += 6;
        }
        to = put_utf8(to, code);
    }
    return {begin, static_cast<std::size_t>(to - begin)};
}

} // namespace harmonia::importers

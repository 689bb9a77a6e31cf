#include "core/smp/object.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/smp/decode.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace harmonia::smp {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

int hex_value(char c) {
    if (is_digit(c)) {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void append_utf8(std::string& out, unsigned point) {
    const auto put = [&](unsigned byte) { out += static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xC0 | point >> 6U);
        put(0x80 | (point & 0x3FU));
    } else if (point < 0x10000) {
        put(0xE0 | point >> 12U);
        put(0x80 | (point >> 6U & 0x3FU));
        put(0x80 | (point & 0x3FU));
    } else {
        put(0xF0 | point >> 18U);
        put(0x80 | (point >> 12U & 0x3FU));
        put(0x80 | (point >> 6U & 0x3FU));
        put(0x80 | (point & 0x3FU));
    }
}

unsigned unit_at(std::string_view raw, std::size_t at) { // four digits, checked by the scanner
    unsigned unit = 0;
    for (std::size_t i = at; i < at + 4; ++i) {
        unit = unit << 4U | static_cast<unsigned>(hex_value(raw[i]));
    }
    return unit;
}

/// The code point of `\uXXXX` or of a pair at `at` (behind the `u`), which moves behind it; empty
/// for half a pair.
std::optional<unsigned> point_at(std::string_view raw, std::size_t& at) {
    const unsigned unit = unit_at(raw, at);
    at += 4;
    if (unit < 0xD800 || unit > 0xDFFF) {
        return unit;
    }
    if (unit > 0xDBFF || raw.substr(at, 2) != "\\u") {
        return std::nullopt;
    }
    const unsigned low = unit_at(raw, at + 2);
    if (low < 0xDC00 || low > 0xDFFF) {
        return std::nullopt;
    }
    at += 6;
    return 0x10000 + ((unit - 0xD800) << 10U | (low - 0xDC00));
}

/// What the text says; nullptr, or why it cannot be kept.
const char* unescape(std::string_view raw, std::string& out) {
    static constexpr std::string_view k_letters = "\"\\/bfnrt";
    static constexpr std::string_view k_meanings = "\"\\/\b\f\n\r\t";
    for (std::size_t at = 0; at < raw.size();) {
        if (raw[at] != '\\') {
            out += raw[at++];
            continue;
        }
        const char letter = raw[at + 1];
        at += 2;
        if (letter != 'u') {
            out += k_meanings[k_letters.find(letter)];
            continue;
        }
        const auto point = point_at(raw, at);
        if (!point) {
            return "half a surrogate pair";
        }
        if (*point == 0) {
            return "U+0000";
        }
        append_utf8(out, *point);
    }
    return nullptr;
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

} // namespace

struct ObjectReader::Scanner {
    const char* at;
    const char* end;
    const char* code = "json";
    const char* trouble = nullptr;

    bool refuse(const char* why) {
        trouble = why;
        return false;
    }
    void skip_blanks() {
        while (at != end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
            ++at;
        }
    }
    bool take(char wanted) {
        if (at == end || *at != wanted) {
            return false;
        }
        ++at;
        return true;
    }
    bool text(Token& token);
    bool escape();
    bool digits();
    bool number(Token& token);
    bool literal(Token& token);
    bool list(int depth);
    template <typename Each>
    bool object(int depth, Each each);
    bool value(Token& token, int depth);
};

bool ObjectReader::Scanner::escape() {
    static constexpr std::string_view k_letters = "\"\\/bfnrtu";
    if (++at == end || k_letters.find(*at) == std::string_view::npos) {
        return refuse("unknown escape in a text");
    }
    if (*at++ != 'u') {
        return true;
    }
    for (int i = 0; i < 4; ++i, ++at) {
        if (at == end || hex_value(*at) < 0) {
            return refuse("\\u without four hexadecimal digits");
        }
    }
    return true;
}

bool ObjectReader::Scanner::text(Token& token) {
    if (!take('"')) {
        return refuse("a text is missing");
    }
    const char* const begin = at;
    token.kind = Kind::text;
    token.escaped = false;
    while (at != end && *at != '"') {
        if (static_cast<unsigned char>(*at) < 0x20) {
            return refuse("control character in a text");
        }
        if (*at != '\\') {
            ++at;
        } else if (!escape()) {
            return false;
        } else {
            token.escaped = true;
        }
    }
    token.raw = {begin, static_cast<std::size_t>(at - begin)};
    return take('"') || refuse("a text does not end");
}

bool ObjectReader::Scanner::digits() {
    const char* const begin = at;
    while (at != end && is_digit(*at)) {
        ++at;
    }
    return at != begin;
}

bool ObjectReader::Scanner::number(Token& token) {
    const char* const begin = at;
    take('-');
    bool good = take('0') || digits();
    if (take('.')) {
        good = digits() && good;
    }
    if (take('e') || take('E')) {
        if (!take('+')) {
            take('-');
        }
        good = digits() && good;
    }
    token.kind = Kind::number;
    token.raw = {begin, static_cast<std::size_t>(at - begin)};
    return good || refuse("not a value");
}

bool ObjectReader::Scanner::literal(Token& token) {
    const std::string_view rest(at, static_cast<std::size_t>(end - at));
    for (const std::string_view word : {"true", "false", "null"}) {
        if (rest.starts_with(word)) {
            token.kind = word == "null" ? Kind::null : Kind::boolean;
            token.raw = word;
            at += word.size();
            return true;
        }
    }
    return refuse("not a value");
}

bool ObjectReader::Scanner::list(int depth) {
    take('[');
    skip_blanks();
    if (take(']')) {
        return true;
    }
    for (Token item; value(item, depth);) {
        skip_blanks();
        if (take(']')) {
            return true;
        }
        if (!take(',')) {
            return refuse("a list without ',' or ']'");
        }
        skip_blanks();
    }
    return false;
}

template <typename Each>
bool ObjectReader::Scanner::object(int depth, Each each) {
    take('{');
    skip_blanks();
    if (take('}')) {
        return true;
    }
    for (Token name; text(name);) {
        skip_blanks();
        if (!take(':')) {
            return refuse("a member without ':'");
        }
        skip_blanks();
        Token token;
        if (!value(token, depth)) {
            return false;
        }
        each(name, token);
        skip_blanks();
        if (take('}')) {
            return true;
        }
        if (!take(',')) {
            return refuse("an object without ',' or '}'");
        }
        skip_blanks();
    }
    return false;
}

bool ObjectReader::Scanner::value(Token& token, int depth) {
    const char first = at == end ? '\0' : *at;
    if (first == '"') {
        return text(token);
    }
    if (first != '{' && first != '[') {
        return first == '-' || is_digit(first) ? number(token) : literal(token);
    }
    if (depth == k_depth_max) {
        code = "depth";
        return refuse("nested too deep");
    }
    const char* const begin = at;
    token.kind = first == '{' ? Kind::object : Kind::array;
    const bool good =
        first == '{' ? object(depth + 1, [](const Token&, const Token&) {}) : list(depth + 1);
    token.raw = {begin, static_cast<std::size_t>(at - begin)};
    return good;
}

ObjectReader::ObjectReader(std::string_view json, std::span<const std::string_view> names)
    : names_(names) {
    HARMONIA_CHECK(names.size() <= k_members_max);
    if (const std::size_t place = find_bad_utf8(json); place != std::string_view::npos) {
        problem_ = Problem{"utf8", {}, "not UTF-8 at byte " + std::to_string(place)};
        return;
    }
    Scanner scanner{json.data(), json.data() + json.size()};
    scanner.skip_blanks();
    bool good = scanner.at != scanner.end && *scanner.at == '{';
    if (!good) {
        scanner.refuse("not an object");
    } else {
        good = scanner.object(1, [this](const Token& name, const Token& token) {
            const std::size_t place = place_of(name);
            if (place < names_.size()) {
                tokens_[place] = token;
            }
        });
        scanner.skip_blanks();
        good = good && (scanner.at == scanner.end || scanner.refuse("more behind the object"));
    }
    if (!good) {
        problem_ = Problem{scanner.code,
                           {},
                           std::string(scanner.trouble) + " at byte " +
                               std::to_string(scanner.at - json.data())};
    }
}

std::size_t ObjectReader::place_of(const Token& name) const {
    if (name.escaped) {
        std::string text;
        return unescape(name.raw, text) != nullptr ? names_.size() : place_of({text, Kind::text});
    }
    return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name.raw) -
                                    names_.begin());
}

void ObjectReader::fail(std::string code, std::size_t member, std::string detail) {
    if (!problem_) {
        problem_ = Problem{std::move(code), std::string(names_[member]), std::move(detail)};
    }
}

bool ObjectReader::has(std::size_t member) const {
    return !problem_ && tokens_[member].kind != Kind::absent;
}

const ObjectReader::Token* ObjectReader::want(std::size_t member, Kind kind,
                                              const char* kind_name) {
    if (problem_) {
        return nullptr;
    }
    const Token& token = tokens_[member];
    if (token.kind == kind) {
        return &token;
    }
    if (token.kind == Kind::absent) {
        fail("missing", member, "required");
    } else {
        fail("kind", member, std::string("must be ") + kind_name);
    }
    return nullptr;
}

std::string_view ObjectReader::take_object(std::size_t member) {
    const Token* token = want(member, Kind::object, "an object");
    return token == nullptr ? std::string_view() : token->raw;
}

std::int64_t ObjectReader::take_int64(std::size_t member, std::int64_t min, std::int64_t max) {
    const Token* token = want(member, Kind::number, "a whole number");
    if (token == nullptr) {
        return 0;
    }
    std::int64_t value = 0;
    const char* const end = token->raw.data() + token->raw.size();
    const auto [last, failure] = std::from_chars(token->raw.data(), end, value);
    if (last != end) {
        fail("kind", member, "must be a whole number without fraction or exponent");
        return 0;
    }
    if (failure != std::errc() || value < min || value > max) {
        fail("range", member, "out of range");
        return 0;
    }
    return value;
}

double ObjectReader::take_real(std::size_t member) {
    const Token* token = want(member, Kind::number, "a number");
    if (token == nullptr) {
        return 0;
    }
    const char* const end = token->raw.data() + token->raw.size();
    double value = 0;
    auto failure = std::from_chars(token->raw.data(), end, value).ec;
    if (failure != std::errc()) { // too large, or so small that it is 0
        long double wide = 0;
        failure = std::from_chars(token->raw.data(), end, wide).ec;
        value = static_cast<double>(wide);
    }
    if (failure != std::errc() || !std::isfinite(value)) {
        fail("range", member, "out of range");
        return 0;
    }
    return value;
}

std::string ObjectReader::take_text(std::size_t member, const TextRule& rule) {
    const Token* token = want(member, Kind::text, "a text");
    if (token == nullptr) {
        return {};
    }
    std::string text;
    if (!token->escaped) {
        text = token->raw;
    } else if (const char* why = unescape(token->raw, text)) {
        fail("text", member, std::string("holds ") + why);
        return {};
    }
    if (text.size() > rule.bytes_max || text.size() < rule.bytes_min ||
        (text.size() > rule.chars_max && characters(text) > rule.chars_max)) {
        fail("length", member, text.size() < rule.bytes_min ? "too short" : "too long");
        return {};
    }
    if (rule.ascii && characters(text) != text.size()) {
        fail("text", member, "not ASCII");
        return {};
    }
    return text;
}

std::int64_t ObjectReader::take_instant(std::size_t member, std::int64_t min_us) {
    const Token* token = want(member, Kind::text, "a text");
    if (token == nullptr) {
        return 0;
    }
    const auto instant = parse_instant(token->escaped ? take_text(member) : token->raw);
    if (!instant || *instant < min_us) {
        fail("time", member, instant ? "before 1970" : "not a date-time of the years 1 to 9999");
        return 0;
    }
    return *instant;
}

} // namespace harmonia::smp

#include "core/json/reader.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace harmonia::json {
namespace {

constexpr std::uint32_t k_no_parent = std::numeric_limits<std::uint32_t>::max();

// Bytes that end a run of plain characters inside a string: quote, backslash, controls.
constexpr std::array<bool, 256> make_stops() {
    std::array<bool, 256> stops{};
    for (std::size_t i = 0; i < 0x20; ++i)
        stops[i] = true;
    stops['"'] = stops['\\'] = true;
    return stops;
}
constexpr std::array<bool, 256> k_stops = make_stops();

// These loops run over pointers of their own, which the compiler keeps in registers.
const char* plain_end(const char* at, const char* end) {
    while (at != end && !k_stops[static_cast<unsigned char>(*at)])
        ++at;
    return at;
}
const char* blanks_end(const char* at, const char* end) {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r'))
        ++at;
    return at;
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_high_surrogate(unsigned unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}
bool is_low_surrogate(unsigned unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}
constexpr unsigned k_no_hex = 16;
unsigned hex_digit(char c) {
    const char lower = static_cast<char>(c | 0x20);
    return is_digit(c)                    ? static_cast<unsigned>(c - '0')
           : lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10U
                                          : k_no_hex;
}
unsigned hex_unit(const char* at) { // four digits that were checked
    return hex_digit(at[0]) << 12U | hex_digit(at[1]) << 8U | hex_digit(at[2]) << 4U |
           hex_digit(at[3]);
}

/// Walks over a text once and writes its tokens. While a container is open, its `span` is the
/// number of the container around it: the list is its own stack.
class Scanner {
public:
    Scanner(std::string_view text, const Rules& rules, std::vector<Token>& tokens, Fault& fault)
        : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()), rules_(rules),
          store_(tokens), tokens_(tokens.data()), room_(tokens.size()), fault_(fault) {}

    /// Inlined wholly, which makes it a third faster.
    [[gnu::flatten]] bool run() {
        do {
            bool opened = false;
            if (!value(opened))
                return false;
            if (opened) // and not empty: its first value follows
                continue;
            if (!end_of_value())
                return false;
        } while (!finished_);
        return at_ == end_ || fail("trailing data after the value");
    }

private:
    bool fail(const char* what) {
        fault_ = {what, static_cast<std::size_t>(at_ - begin_), false};
        return false;
    }
    void skip_blanks() { at_ = blanks_end(at_, end_); }
    [[nodiscard]] std::uint32_t offset() const { return static_cast<std::uint32_t>(at_ - begin_); }
    void put(const char* from, Kind kind, std::uint32_t span = 1, Flaw flaw = Flaw::none,
             bool escaped = false) {
        if (count_ == room_)
            grow();
        tokens_[count_++] = {
            static_cast<std::uint32_t>(from - begin_), offset(), span, kind, flaw, escaped};
    }
    void grow() {
        constexpr std::size_t k_tokens_first = 256; // a message and most records
        store_.resize(std::max(2 * count_, k_tokens_first));
        tokens_ = store_.data();
        room_ = store_.size();
    }

    bool value(bool& opened);
    bool end_of_value();
    bool open(Kind kind, bool& opened);
    void close();
    bool name();
    bool string();
    bool escape(Flaw& flaw);
    bool hex_unit_at(unsigned& unit);
    bool note(Flaw flaw, Flaw& first);
    bool number();
    std::size_t digits();
    bool literal(std::string_view word, Kind kind);

    const char* const begin_;
    const char* at_;
    const char* const end_;
    const Rules& rules_;
    std::vector<Token>& store_;
    Token* tokens_;
    std::size_t room_, count_ = 0, depth_ = 0;
    std::uint32_t parent_ = k_no_parent; ///< the innermost open container
    bool finished_ = false;
    Fault& fault_;
};

// A scalar or an empty container wholly; of any other container the beginning, up to its first
// value (`opened`).
bool Scanner::value(bool& opened) {
    skip_blanks();
    switch (at_ == end_ ? '\0' : *at_) {
    case '"':
        return string();
    case '{':
        return open(Kind::object, opened);
    case '[':
        return open(Kind::array, opened);
    case 't':
        return literal("true", Kind::boolean);
    case 'f':
        return literal("false", Kind::boolean);
    case 'n':
        return literal("null", Kind::null);
    default:
        return number();
    }
}

// Behind a value: closes what ends here, and goes to where the next value begins.
bool Scanner::end_of_value() {
    while (true) {
        skip_blanks();
        if (parent_ == k_no_parent) {
            finished_ = true;
            return true;
        }
        const bool in_object = tokens_[parent_].kind == Kind::object;
        const char next = at_ == end_ ? '\0' : *at_;
        if (next == ',') {
            ++at_;
            return !in_object || name();
        }
        if (next != (in_object ? '}' : ']'))
            return fail(in_object ? "expected ',' or '}'" : "expected ',' or ']'");
        close();
    }
}

bool Scanner::open(Kind kind, bool& opened) {
    if (depth_ == rules_.depth_max) {
        fail("nested too deep");
        fault_.too_deep = true;
        return false;
    }
    ++depth_;
    put(at_, kind, parent_);
    parent_ = static_cast<std::uint32_t>(count_ - 1);
    ++at_;
    skip_blanks();
    if (at_ != end_ && *at_ == (kind == Kind::object ? '}' : ']')) {
        close();
        return true;
    }
    opened = true;
    return kind == Kind::array || name();
}

void Scanner::close() {
    ++at_;
    Token& token = tokens_[parent_];
    const std::uint32_t around = token.span;
    token.end = offset();
    token.span = static_cast<std::uint32_t>(count_) - parent_;
    parent_ = around;
    --depth_;
}

bool Scanner::name() {
    skip_blanks();
    if (at_ == end_ || *at_ != '"')
        return fail("expected a member name");
    if (!string())
        return false;
    skip_blanks();
    if (at_ == end_ || *at_ != ':')
        return fail("expected ':'");
    ++at_;
    return true;
}

bool Scanner::string() {
    const char* const from = ++at_;
    bool escaped = false;
    Flaw flaw = Flaw::none;
    while (true) {
        at_ = plain_end(at_, end_);
        if (at_ == end_)
            return fail("unterminated string");
        if (*at_ == '"')
            break;
        if (*at_ != '\\')
            return fail("control character in a string");
        escaped = true;
        if (!escape(flaw))
            return false;
    }
    put(from, Kind::string, 1, flaw, escaped);
    ++at_;
    return true;
}

bool Scanner::escape(Flaw& flaw) {
    static constexpr std::string_view k_letters = "\"\\/bfnrtu";
    if (++at_ == end_)
        return fail("unterminated string");
    if (k_letters.find(*at_) == std::string_view::npos)
        return fail("unknown escape in a string");
    if (*at_++ != 'u')
        return true;
    unsigned unit = 0, low = 0;
    if (!hex_unit_at(unit))
        return false;
    if (unit == 0)
        return note(Flaw::nul, flaw);
    if (!is_high_surrogate(unit) && !is_low_surrogate(unit))
        return true;
    if (is_low_surrogate(unit) || end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u')
        return note(Flaw::lone_surrogate, flaw);
    const char* const second = at_;
    at_ += 2;
    if (!hex_unit_at(low))
        return false;
    if (is_low_surrogate(low))
        return true;
    at_ = second; // an escape of its own
    return note(Flaw::lone_surrogate, flaw);
}

bool Scanner::hex_unit_at(unsigned& unit) {
    for (int i = 0; i < 4; ++i)
        if (end_ - at_ <= i || hex_digit(at_[i]) == k_no_hex)
            return fail("\\u without four hexadecimal digits");
    unit = hex_unit(at_);
    at_ += 4;
    return true;
}

bool Scanner::note(Flaw flaw, Flaw& first) {
    if (first == Flaw::none)
        first = flaw;
    if (flaw == Flaw::nul)
        return rules_.strings != Strings::storable || fail("NUL character in a string");
    return rules_.strings == Strings::any || fail("lone surrogate in a string");
}

std::size_t Scanner::digits() {
    const char* const from = at_;
    while (at_ != end_ && is_digit(*at_))
        ++at_;
    return static_cast<std::size_t>(at_ - from);
}

bool Scanner::number() {
    const char* const from = at_;
    const auto take = [this](char wanted) {
        const bool there = at_ != end_ && *at_ == wanted;
        at_ += there ? 1 : 0;
        return there;
    };
    const bool negative = take('-');
    if (!take('0') && digits() == 0)
        return fail(negative ? "not a number" : "expected a value");
    if (take('.') && digits() == 0)
        return fail("not a number");
    if (take('e') || take('E')) {
        if (!take('+'))
            take('-');
        const std::size_t exponent = digits();
        if (exponent == 0)
            return fail("not a number");
        if (exponent > rules_.exponent_digits_max)
            return fail("exponent out of range");
    }
    if (static_cast<std::size_t>(at_ - from) > rules_.number_bytes_max)
        return fail("number too long");
    put(from, Kind::number);
    return true;
}

bool Scanner::literal(std::string_view word, Kind kind) {
    const char* const from = at_;
    if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
        return fail("expected a value");
    at_ += word.size();
    put(from, kind);
    return true;
}

} // namespace

std::string Fault::text() const {
    return fmt::format("{} at byte {}", what, offset + 1);
}

bool Document::read(std::string_view text, const Rules& rules) {
    HARMONIA_CHECK(text.size() < std::numeric_limits<std::uint32_t>::max());
    text_ = text.data();
    return Scanner(text, rules, tokens_, fault_).run();
}

char* unescape(std::string_view raw, char* to) {
    static constexpr std::string_view k_letters = "bfnrt", k_meanings = "\b\f\n\r\t";
    for (std::size_t at = 0; at < raw.size(); ++at) {
        if (raw[at] != '\\') {
            *to++ = raw[at];
            continue;
        }
        const char letter = raw[++at];
        if (letter != 'u') { // a quote, a backslash and a slash mean themselves
            const std::size_t found = k_letters.find(letter);
            *to++ = found == std::string_view::npos ? letter : k_meanings[found];
            continue;
        }
        char32_t point = hex_unit(raw.data() + at + 1);
        at += 4;
        if (is_high_surrogate(point)) {
            point =
                0x10000U + ((point - 0xD800U) << 10U) + (hex_unit(raw.data() + at + 3) - 0xDC00U);
            at += 6;
        }
        to = write_utf8(point, to);
    }
    return to;
}

void append_unescaped(std::string& out, const Value& string) {
    const std::string_view raw = string.raw();
    if (!string.escaped()) {
        out += raw;
        return;
    }
    HARMONIA_CHECK(string.flaw() != Flaw::lone_surrogate);
    const std::size_t before = out.size();
    out.resize(before + raw.size());
    out.resize(static_cast<std::size_t>(unescape(raw, out.data() + before) - out.data()));
}

} // namespace harmonia::json

// The strict JSON reader (RFC 8259). A text is checked as a whole before anything is taken from it;
// what is taken are views of that text: a number keeps the digits that were written and never
// passes through a double, the escapes of a string are resolved when somebody asks.
//
// A Document is a flat list of tokens (16 bytes a value and a name), each container before what it
// holds, and keeps its memory from one text to the next: reading allocates nothing once the longest
// text was seen. No recursion: nesting costs no stack. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::json {

enum class Kind : std::uint8_t { null, boolean, number, string, object, array };

/// What PostgreSQL cannot store of a string that the grammar allows; the first one in it.
enum class Flaw : std::uint8_t { none, nul, lone_surrogate };

/// Which strings are refused beyond the grammar, names included: none, those that are not Unicode
/// text (lone surrogates), those that cannot be stored (also U+0000).
enum class Strings : std::uint8_t { any, unicode, storable };

/// What a text may hold.
struct Rules {
    std::size_t depth_max = std::numeric_limits<std::size_t>::max(); ///< objects, arrays
    Strings strings = Strings::any;
    std::size_t number_bytes_max = std::numeric_limits<std::size_t>::max();
    std::size_t exponent_digits_max = std::numeric_limits<std::size_t>::max();
};

/// Why a text was refused.
struct Fault {
    const char* what = "";
    std::size_t offset = 0;                 ///< in bytes
    bool too_deep = false;                  ///< nothing but depth_max is broken up to here
    [[nodiscard]] std::string text() const; ///< `expected ':' at byte 7`, counted from 1
};

struct Token {
    std::uint32_t begin, end; ///< of the text; of a string without its quotes
    std::uint32_t span;       ///< how many tokens the value has, itself included
    Kind kind;
    Flaw flaw;    ///< string
    bool escaped; ///< string: holds a backslash
};

class Members;
class Items;

/// One value of a Document; valid until the next read() and as long as the text.
class Value {
public:
    Value(const char* text, const Token* token) : text_(text), token_(token) {}
    [[nodiscard]] Kind kind() const { return token_->kind; }
    /// As it was written; of a string what stands between its quotes.
    [[nodiscard]] std::string_view raw() const {
        return {text_ + token_->begin, token_->end - token_->begin};
    }
    [[nodiscard]] bool is_true() const { return text_[token_->begin] == 't'; } ///< boolean
    [[nodiscard]] bool escaped() const { return token_->escaped; }             ///< string
    [[nodiscard]] Flaw flaw() const { return token_->flaw; }                   ///< string
    /// Of an object, in order; repeated names are all there. Of anything else none.
    [[nodiscard]] Members members() const;
    [[nodiscard]] Items items() const; ///< of an array; of anything else none

private:
    const char* text_;
    const Token* token_;
};

struct Member {
    Value name, value;
};

class Members {
public:
    class Iterator {
    public:
        Iterator(const char* text, const Token* at) : text_(text), at_(at) {}
        Member operator*() const { return {{text_, at_}, {text_, at_ + 1}}; }
        Iterator& operator++() {
            at_ += 1 + at_[1].span;
            return *this;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

    private:
        const char* text_;
        const Token* at_;
    };
    Members(const char* text, const Token* begin, const Token* end)
        : begin_(text, begin), end_(text, end) {}
    [[nodiscard]] Iterator begin() const { return begin_; }
    [[nodiscard]] Iterator end() const { return end_; }

private:
    Iterator begin_, end_;
};

class Items {
public:
    class Iterator {
    public:
        Iterator(const char* text, const Token* at) : text_(text), at_(at) {}
        Value operator*() const { return {text_, at_}; }
        Iterator& operator++() {
            at_ += at_->span;
            return *this;
        }
        bool operator==(const Iterator& other) const { return at_ == other.at_; }

    private:
        const char* text_;
        const Token* at_;
    };
    Items(const char* text, const Token* begin, const Token* end)
        : begin_(text, begin), end_(text, end) {}
    [[nodiscard]] Iterator begin() const { return begin_; }
    [[nodiscard]] Iterator end() const { return end_; }

private:
    Iterator begin_, end_;
};

inline Members Value::members() const {
    return {text_, token_ + 1, token_ + (kind() == Kind::object ? token_->span : 1)};
}
inline Items Value::items() const {
    return {text_, token_ + 1, token_ + (kind() == Kind::array ? token_->span : 1)};
}

class Document {
public:
    /// One value with nothing but blanks around it. `text` is UTF-8 already, which its caller
    /// checked (find_bad_utf8), is below 4 GiB and lives as long as the values. False: fault().
    [[nodiscard]] bool read(std::string_view text, const Rules& rules);
    [[nodiscard]] Value root() const { return {text_, tokens_.data()}; } ///< after a good read()
    [[nodiscard]] const Fault& fault() const { return fault_; }          ///< after a bad one

private:
    const char* text_ = nullptr;
    std::vector<Token> tokens_;
    Fault fault_;
};

/// A string's escapes resolved, written to `to`, which has room for raw.size() bytes; returns
/// behind the last one. `raw` passed a reader and has no lone surrogate.
char* unescape(std::string_view raw, char* to);
/// Appends what the string says. It has no lone surrogate.
void append_unescaped(std::string& out, const Value& string);

} // namespace harmonia::json

// A strict walk over JSON text (RFC 8259), value by value, without building a tree. Stricter in
// what a payment body never needs and PostgreSQL's jsonb refuses: no \u0000, no lone surrogate,
// numbers of at most k_number_bytes_max bytes with exponents of at most four digits,
// k_json_depth_max levels.
#pragma once

#include "core/base/expected.hpp"
#include "core/expr/expr.hpp"

#include <cstddef>
#include <string_view>

namespace harmonia::importers {

inline constexpr int k_json_depth_max = 64;
inline constexpr std::size_t k_number_bytes_max = 400;

/// One text, one thread. Every step returns false at a mistake, which problem() then tells; the
/// text must be UTF-8 already.
class JsonScan {
public:
    explicit JsonScan(std::string_view text)
        : begin_(text.data()), at_(text.data()), end_(text.data() + text.size()) {}

    struct Text {
        std::string_view raw; ///< between the quotes
        bool escaped = false; ///< holds backslashes
    };

    /// The next byte that is not blank, or '\0' at the end.
    [[nodiscard]] char peek();
    [[nodiscard]] bool take(char wanted); ///< steps over it, or fails
    [[nodiscard]] bool text(Text& into);
    [[nodiscard]] bool number(std::string_view& into);
    /// Any value, checked wholly; `depth` is that of what encloses it.
    [[nodiscard]] bool skip(int depth);
    /// `{` was taken: the next key, its colon stepped over, or the closing brace (`done`).
    [[nodiscard]] bool key(Text& into, bool& done, bool first);
    /// `[` was taken: whether another item follows, or the closing bracket was (`done`).
    [[nodiscard]] bool item(bool& done, bool first);
    [[nodiscard]] bool finish(); ///< nothing but blanks may follow

    [[nodiscard]] const char* position() const { return at_; }
    bool fail(const char* what);
    [[nodiscard]] tl::unexpected<Problem> problem() const;

private:
    [[nodiscard]] bool escape();
    [[nodiscard]] bool hex4(unsigned& into);
    [[nodiscard]] bool literal(std::string_view word);
    const char* begin_;
    const char* at_;
    const char* end_;
    const char* what_ = nullptr;
};

/// Escapes resolved, in the arena where there are any.
[[nodiscard]] std::string_view unescaped(const JsonScan::Text& text, expr::Arena& arena);

} // namespace harmonia::importers

// Text of the expression language cut into tokens.
#pragma once

#include "core/base/expected.hpp"
#include "core/expr/expr.hpp"

#include <string>
#include <string_view>

namespace harmonia::expr {

struct Token {
    enum class Kind { end, literal, name, keyword, symbol } kind = Kind::end;
    Value value;      ///< literal, but for texts
    std::string text; ///< name, keyword, symbol, or the text of a literal
    int line = 1, column = 1;

    [[nodiscard]] bool is(std::string_view symbol_or_keyword) const {
        return (kind == Kind::symbol || kind == Kind::keyword) && text == symbol_or_keyword;
    }
};

class Lexer {
public:
    explicit Lexer(std::string_view text) : rest_(text) {}
    /// The next token; after the end, the end again. Problem `bad_expression` placed.
    [[nodiscard]] Expected<Token> next();

private:
    void skip_blanks();
    void advance(std::size_t bytes);
    [[nodiscard]] tl::unexpected<Problem> fail(const std::string& message) const;
    [[nodiscard]] Expected<Token> number(Token token);
    [[nodiscard]] Expected<Token> quoted(Token token);
    [[nodiscard]] Token word(Token token);

    std::string_view rest_;
    int line_ = 1, column_ = 1;
};

} // namespace harmonia::expr

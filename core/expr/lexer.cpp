#include "core/expr/lexer.hpp"

#include "core/base/text.hpp"
#include "core/expr/node.hpp"
#include "core/money/decimal.hpp"

#include <algorithm>
#include <array>

namespace harmonia::expr {

namespace {

constexpr std::array<std::string_view, 12> k_keywords = {
    "and",   "or",   "not",      "in",      "between",     "true",
    "false", "null", "contains", "matches", "starts_with", "ends_with"};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool starts_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@';
}
bool continues_name(char c) {
    return starts_name(c) || is_digit(c) || c == '.';
}

std::size_t run(std::string_view text, bool (*belongs)(char)) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) -
                                    text.begin());
}

} // namespace

void Lexer::advance(std::size_t bytes) {
    for (const char c : rest_.substr(0, bytes)) {
        if (c == '\n') {
            ++line_;
            column_ = 1;
        } else {
            ++column_;
        }
    }
    rest_.remove_prefix(bytes);
}

void Lexer::skip_blanks() {
    advance(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
}

tl::unexpected<Problem> Lexer::fail(const std::string& message) const {
    return bad("bad_expression", {}, placed(line_, column_, message));
}

Expected<Token> Lexer::next() {
    skip_blanks();
    Token token;
    token.line = line_;
    token.column = column_;
    if (rest_.empty())
        return token;
    const char c = rest_.front();
    if (is_digit(c))
        return number(std::move(token));
    if (c == '"' || c == '\'' || c == '`')
        return quoted(std::move(token));
    if (starts_name(c))
        return word(std::move(token));
    for (const std::string_view symbol :
         {"<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ","}) {
        if (rest_.substr(0, symbol.size()) == symbol) {
            token.kind = Token::Kind::symbol;
            token.text = symbol;
            advance(symbol.size());
            return token;
        }
    }
    if (c == '=')
        return fail("'=' is not an operator, write '=='");
    return fail("unexpected '" + printable(rest_.substr(0, 1)) + "'");
}

// 12, 12.50, and durations: 90s, 10m, 24h, 30d, 250ms.
Expected<Token> Lexer::number(Token token) {
    std::size_t size = run(rest_, is_digit);
    bool decimal = false;
    if (size + 1 < rest_.size() && rest_[size] == '.' && is_digit(rest_[size + 1])) {
        decimal = true;
        size += 1 + run(rest_.substr(size + 1), is_digit);
    }
    const std::size_t unit = run(rest_.substr(size), continues_name);
    token.kind = Token::Kind::literal;
    if (unit > 0) {
        const auto ms = parse_duration_ms(rest_.substr(0, size + unit));
        std::int64_t micros = 0;
        if (!ms || __builtin_mul_overflow(std::int64_t{*ms}, std::int64_t{1000}, &micros)) {
            return fail("not a number or duration: '" +
                        printable(rest_.substr(0, size + unit), 40) + "'");
        }
        token.value = Value::of_duration(micros);
    } else {
        const auto number = money::parse_decimal(rest_.substr(0, size));
        if (!number)
            return fail("number out of range");
        token.value = decimal ? Value::of_decimal(number->coefficient,
                                                  static_cast<std::uint8_t>(number->scale))
                              : Value::of(number->coefficient);
    }
    advance(size + unit);
    return token;
}

// "text" or 'text' with \" \' \\ \n \t; `name` for names with blanks and other characters.
Expected<Token> Lexer::quoted(Token token) {
    const char quote = rest_.front();
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != quote; ++at) {
        if (rest_[at] != '\\' || quote == '`') {
            token.text += rest_[at];
            continue;
        }
        ++at;
        constexpr std::string_view escapes = "\"'\\nt";
        constexpr std::string_view meant = "\"'\\\n\t";
        const std::size_t which =
            at < rest_.size() ? escapes.find(rest_[at]) : std::string_view::npos;
        if (which == std::string_view::npos)
            return fail("unknown escape in a text; there are \\\" \\' \\\\ \\n \\t");
        token.text += meant[which];
    }
    if (at >= rest_.size())
        return fail(std::string("missing ") + quote);
    if (find_bad_utf8(token.text) != std::string_view::npos)
        return fail("a text that is not UTF-8");
    if (quote == '`') {
        token.kind = Token::Kind::name;
    } else {
        token.kind = Token::Kind::literal;
        token.value.type = Type::text;
    }
    advance(at + 1);
    return token;
}

Token Lexer::word(Token token) {
    const std::size_t size = run(rest_, continues_name);
    token.text = rest_.substr(0, size);
    const bool keyword =
        std::find(k_keywords.begin(), k_keywords.end(), token.text) != k_keywords.end();
    token.kind = keyword ? Token::Kind::keyword : Token::Kind::name;
    advance(size);
    return token;
}

} // namespace harmonia::expr

// The one expression language: feed maps, match predicates, fraud rules, success predicates,
// templates.
//
// Typed, three-valued (null propagates; and/or/not as in SQL), exact: numbers are integers or
// decimals, never binary floating point. An expression is compiled once against the names it may
// use and then evaluated over rows of values; evaluation allocates only from the caller's Arena.
// Grammar and functions: docs/reference/expressions.md. YAML forms build the same nodes (Node
// below).
#pragma once

#include "core/base/expected.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::expr {

/// Memory for one row's intermediate texts; reset() keeps the blocks for the next row.
class Arena {
public:
    Arena();
    ~Arena();
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    [[nodiscard]] char* allocate(std::size_t bytes);
    [[nodiscard]] std::string_view copy(std::string_view text);
    void reset();

private:
    struct State;
    std::unique_ptr<State> state_;
};

enum class Type : std::uint8_t {
    null,
    boolean,
    integer,
    decimal,
    text,
    instant,
    date,
    duration,
    error
};
[[nodiscard]] const char* type_name(Type type);

/// A value, small and trivially copyable; text points into the row's input or an Arena.
struct Value {
    Type type = Type::null;
    std::uint8_t scale = 0;   ///< decimal: number = integer / 10^scale, scale 0…18;
                              ///< text: 1 when the language made it as JSON (json_object)
    std::int64_t integer = 0; ///< boolean 0/1; integer; decimal coefficient; instant µs since 1970
                              ///< UTC; date days since 1970; duration µs
    std::string_view text;    ///< text; for error: the reason code
    std::string_view detail;  ///< error only
    static Value of(bool v);
    static Value of(std::int64_t v);
    static Value of_text(std::string_view v);
    static Value of_instant(std::int64_t micros);
    static Value of_date(std::int64_t days);
    static Value of_duration(std::int64_t micros);
    static Value of_decimal(std::int64_t coefficient, std::uint8_t scale);
    static Value error(std::string_view code, std::string_view detail = {});
    [[nodiscard]] bool is_null() const { return type == Type::null; }
    [[nodiscard]] bool is_error() const { return type == Type::error; }
    [[nodiscard]] bool is_true() const { return type == Type::boolean && integer != 0; }
    /// Null, or text of blanks only.
    [[nodiscard]] bool is_blank() const;
};

/// Value as the language prints it (decimals exact, instants RFC 3339 UTC, durations as seconds,
/// null as nothing); into the arena.
[[nodiscard]] std::string_view print(const Value& value, Arena& arena);

/// The syntax tree. YAML sugar builds it with the helpers below; text goes through parse().
struct Node {
    enum class Kind { literal, name, call } kind = Kind::literal;
    Value value;      ///< literal; its text is owned by `text`
    std::string text; ///< name, function name, or literal text
    std::vector<Node> children;
    int line = 0, column = 0; ///< where it was written; 0 unknown
};
[[nodiscard]] Node literal_text(std::string text);
[[nodiscard]] Node literal_integer(std::int64_t value);
[[nodiscard]] Node literal_boolean(bool value);
[[nodiscard]] Node name(std::string dotted);
[[nodiscard]] Node call(std::string function, std::vector<Node> arguments);

/// Text to tree; Problem.detail carries `line:column: message`. `a / b` (divide) and `a in NAME`
/// (in_list) are read for jobs/screen, which compiles trees of its own; Program refuses them.
[[nodiscard]] Expected<Node> parse(std::string_view text);

/// Names an expression may use and their slots in the row.
struct Name {
    std::string name;
    Type type; ///< Type::null = any
};

class Program {
public:
    Program();
    ~Program();
    Program(Program&&) noexcept;
    Program& operator=(Program&&) noexcept;
    /// Resolves names, checks function names, argument counts and known types. The row given to
    /// eval() must have names.size() values in that order.
    [[nodiscard]] static Expected<Program> compile(const Node& node, std::span<const Name> names);
    /// Never throws for input; a failure is a Value of Type::error. Thread-safe (const).
    [[nodiscard]] Value eval(std::span<const Value> row, Arena& arena) const;

    /// Type of the result where it is known from the functions and names; otherwise Type::null.
    [[nodiscard]] Type type() const;

    struct Code; ///< of program.cpp

private:
    std::unique_ptr<Code> code_;
};

} // namespace harmonia::expr

// What a function of the language is. Each family of functions is one file; each function is one
// line in functions.def, which also is what docs/reference/expressions.md is compared with.
//
// Parameters are written as one letter each:
//   t text   n integer or decimal   k integer   i instant   u duration   b boolean   x anything
//   q anything that adds up: a number, an instant or a duration
// an upper-case letter demands a literal; `?` makes all that follow optional; `*` at the end lets
// the last one repeat. A value of another type is an error `bad_value`.
#pragma once

#include "core/base/expected.hpp"
#include "core/expr/expr.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace harmonia::expr {

/// What `prepare` makes of literal arguments once: a compiled pattern, a zone, a table of texts.
using State = std::shared_ptr<const void>;
/// One entry an argument: the literal, or null where it is computed.
using Literals = std::span<const Value* const>;

/// One call being evaluated. `arguments` are checked against the parameters.
struct Call {
    std::span<const Value> arguments;
    Arena& arena;
    const void* state;

    [[nodiscard]] std::size_t size() const { return arguments.size(); }
    [[nodiscard]] const Value& operator[](std::size_t i) const { return arguments[i]; }
    [[nodiscard]] std::string_view text(std::size_t i) const { return arguments[i].text; }
    template <typename T>
    [[nodiscard]] const T& prepared() const {
        return *static_cast<const T*>(state);
    }
};

/// One call whose arguments are evaluated only when asked for.
struct LazyCall {
    virtual ~LazyCall() = default;
    [[nodiscard]] virtual std::size_t size() const = 0;
    [[nodiscard]] virtual Value operator[](std::size_t i) const = 0;
    [[nodiscard]] virtual const void* state() const = 0;
};

struct Function {
    enum class Nulls : std::uint8_t {
        propagate, ///< a null argument makes the result null
        seen,      ///< the function is told
    };
    const char* name;
    const char* parameters;
    Type result; ///< Type::null = depends
    Nulls nulls;
    Value (*apply)(const Call&);
    Value (*apply_lazily)(const LazyCall&);
    Expected<State> (*prepare)(Literals);
    const char* signature;
    const char* help;
};

/// All functions, in the order of functions.def.
[[nodiscard]] std::span<const Function> functions();
[[nodiscard]] const Function* find_function(std::string_view name);

/// A set of types as bits: 1 << Type.
using TypeSet = std::uint16_t;
[[nodiscard]] TypeSet types_of(char parameter);

/// Parameters taken apart: how many arguments are allowed, and the letter for each.
struct Parameters {
    explicit Parameters(const char* text);
    std::string letters;
    std::size_t least = 0;
    bool repeats = false;
    [[nodiscard]] std::size_t most() const; ///< of arguments
    [[nodiscard]] char letter(std::size_t argument) const;
};

/// A call has at most this many arguments: the longest shipped text map has about 30 entries.
inline constexpr std::size_t k_arguments_max = 256;

/// Error value from a Problem; the texts are copied to the arena.
[[nodiscard]] Value error_from(const Problem& problem, Arena& arena);

} // namespace harmonia::expr

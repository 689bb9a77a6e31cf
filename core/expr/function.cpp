#include "core/expr/function.hpp"

#include "core/base/check.hpp"

#include <map>

namespace harmonia::expr {

namespace fn {
#define PLAIN(name, function, ...) Value function(const Call&);
#define NULLS(name, function, ...) Value function(const Call&);
#define LAZY(name, function, ...) Value function(const LazyCall&);
#define PREPARED(name, function, ...)                                                              \
    Value function(const Call&);                                                                   \
    Expected<State> function##_prepare(Literals);
#define LAZY_PREPARED(name, function, ...)                                                         \
    Value function(const LazyCall&);                                                               \
    Expected<State> function##_prepare(Literals);
#include "core/expr/functions.def"
#undef PLAIN
#undef NULLS
#undef LAZY
#undef PREPARED
#undef LAZY_PREPARED
} // namespace fn

namespace {

using Nulls = Function::Nulls;

constexpr Function k_functions[] = {
#define PLAIN(name, function, parameters, result, signature, help)                                 \
    {name,    parameters, Type::result, Nulls::propagate, fn::function, nullptr,                   \
     nullptr, signature,  help},
#define NULLS(name, function, parameters, result, signature, help)                                 \
    {name, parameters, Type::result, Nulls::seen, fn::function, nullptr, nullptr, signature, help},
#define LAZY(name, function, parameters, result, signature, help)                                  \
    {name, parameters, Type::result, Nulls::seen, nullptr, fn::function, nullptr, signature, help},
#define PREPARED(name, function, parameters, result, signature, help)                              \
    {name,         parameters, Type::result,           Nulls::propagate,                           \
     fn::function, nullptr,    fn::function##_prepare, signature,                                  \
     help},
#define LAZY_PREPARED(name, function, parameters, result, signature, help)                         \
    {name,    parameters,   Type::result,           Nulls::seen,                                   \
     nullptr, fn::function, fn::function##_prepare, signature,                                     \
     help},
#include "core/expr/functions.def"
#undef PLAIN
#undef NULLS
#undef LAZY
#undef PREPARED
#undef LAZY_PREPARED
};

constexpr TypeSet bit(Type type) {
    return static_cast<TypeSet>(1U << static_cast<unsigned>(type));
}

} // namespace

std::span<const Function> functions() {
    return k_functions;
}

const Function* find_function(std::string_view name) {
    static const std::map<std::string_view, const Function*> by_name = [] {
        std::map<std::string_view, const Function*> made;
        for (const Function& function : k_functions)
            made.emplace(function.name, &function);
        return made;
    }();
    const auto found = by_name.find(name);
    return found == by_name.end() ? nullptr : found->second;
}

TypeSet types_of(char parameter) {
    constexpr TypeSet numbers = bit(Type::integer) | bit(Type::decimal);
    switch (parameter | 0x20) { // lower case
    case 't':
        return bit(Type::text);
    case 'n':
        return numbers;
    case 'k':
        return bit(Type::integer);
    case 'i':
        return bit(Type::instant);
    case 'u':
        return bit(Type::duration);
    case 'b':
        return bit(Type::boolean);
    case 'q':
        return static_cast<TypeSet>(numbers | bit(Type::instant) | bit(Type::duration));
    default:
        HARMONIA_CHECK(parameter == 'x');
        return static_cast<TypeSet>(~bit(Type::error));
    }
}

Parameters::Parameters(const char* text) {
    bool optional = false;
    for (const char* at = text; *at != '\0'; ++at) {
        if (*at == '?') {
            optional = true;
        } else if (*at == '*') {
            repeats = true;
        } else {
            letters += *at;
            least += optional ? 0 : 1;
        }
    }
}

std::size_t Parameters::most() const {
    return repeats ? k_arguments_max : letters.size();
}

char Parameters::letter(std::size_t argument) const {
    return argument < letters.size() ? letters[argument] : letters.back();
}

Value error_from(const Problem& problem, Arena& arena) {
    return Value::error(arena.copy(problem.code), arena.copy(problem.detail));
}

} // namespace harmonia::expr

// Any text is an expression or a placed mistake; any expression evaluates to a value or an error
// value, twice to the same.
#include "core/base/check.hpp"
#include "core/expr/expr.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

using namespace harmonia;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<expr::Name> names = {{"a", expr::Type::null},
                                                  {"b", expr::Type::text},
                                                  {"n", expr::Type::integer},
                                                  {"at", expr::Type::instant}};
    static const std::array<std::array<expr::Value, 4>, 3> rows = {{
        {expr::Value::of_text("12.50"), expr::Value::of_text("{\"a\": {\"b\": 1.5}}"),
         expr::Value::of(std::int64_t{3}), expr::Value::of_instant(1'603'810'919'000'000)},
        {expr::Value::of_decimal(std::numeric_limits<std::int64_t>::max(), 18),
         expr::Value::of_text("\xC4\x89\xFF"),
         expr::Value::of(std::numeric_limits<std::int64_t>::min()),
         expr::Value::of_instant(std::numeric_limits<std::int64_t>::max())},
        {},
    }};
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto node = expr::parse(text);
    if (!node) {
        HARMONIA_CHECK(node.error().code == "bad_expression" && !node.error().detail.empty());
        return 0;
    }
    const auto program = expr::Program::compile(*node, names);
    if (!program) {
        HARMONIA_CHECK(!program.error().detail.empty());
        return 0;
    }
    static expr::Arena arena;
    arena.reset();
    for (const auto& row : rows) {
        const expr::Value first = program->eval(row, arena);
        const expr::Value second = program->eval(row, arena);
        HARMONIA_CHECK(first.type == second.type);
        HARMONIA_CHECK(print(first, arena) == print(second, arena));
        HARMONIA_CHECK(program->type() == expr::Type::null || first.is_null() || first.is_error() ||
                       first.type == program->type());
    }
    return 0;
}

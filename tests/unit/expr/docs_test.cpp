// docs/reference/expressions.md lists every function as the registry has it, and no other.
#include "core/base/files.hpp"
#include "core/base/text.hpp"
#include "core/expr/function.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/source.hpp"

#include <set>
#include <string>

using namespace harmonia;

namespace {

std::string row_of(const expr::Function& function) {
    std::string help;
    for (const char c : std::string(function.help))
        help += c == '|' ? "\\|" : std::string(1, c);
    const bool known = function.result != expr::Type::null;
    return std::string("| `") + function.signature + "` | " +
           (known ? expr::type_name(function.result) : "") + " | " + help + " |";
}

} // namespace

TEST_CASE("the reference lists the functions that there are") {
    constexpr std::uint64_t bytes_max = 1 << 20;
    const std::string text =
        read_file(test::source_root() / "docs" / "reference" / "expressions.md", bytes_max);
    const std::size_t begin = text.find("## Functions");
    const std::size_t end = text.find("## Reason codes");
    REQUIRE(begin < end);
    std::set<std::string> listed;
    for (const std::string_view line :
         split(std::string_view(text).substr(begin, end - begin), '\n'))
        if (line.starts_with("| `"))
            listed.emplace(line);
    std::set<std::string> wanted;
    for (const expr::Function& function : expr::functions())
        wanted.insert(row_of(function));
    for (const std::string& row : wanted) {
        INFO(row);
        CHECK(listed.contains(row));
    }
    for (const std::string& row : listed) {
        INFO(row);
        CHECK(wanted.contains(row));
    }
}

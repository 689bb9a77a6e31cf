#include "core/db/copy_text.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;

namespace {

std::string escaped(std::string_view text) {
    std::string line = "x";
    db::append_copy_escaped(line, text);
    return line.substr(1);
}

std::vector<std::string> parts(std::string row) { // null as "<null>"
    std::vector<db::CopyOut::Field> fields;
    db::split_copy_row(row, fields);
    std::vector<std::string> out;
    for (const auto& field : fields)
        out.emplace_back(field.null ? "<null>" : field.text);
    return out;
}

} // namespace

TEST_CASE("the four characters of COPY are escaped, wherever they stand") {
    for (std::size_t before = 0; before < 20; ++before) {
        for (std::size_t after = 0; after < 20; ++after) {
            const std::string a(before, 'a'), b(after, '\xc3');
            CHECK(escaped(a + "\t" + b) == a + "\\t" + b);
            CHECK(escaped(a + "\n" + b) == a + "\\n" + b);
            CHECK(escaped(a + "\r" + b) == a + "\\r" + b);
            CHECK(escaped(a + "\\" + b) == a + "\\\\" + b);
        }
    }
}

TEST_CASE("every other byte passes unchanged") {
    std::string all;
    for (int c = 1; c < 256; ++c)
        if (c != '\t' && c != '\n' && c != '\r' && c != '\\')
            all += static_cast<char>(c);
    CHECK(escaped(all) == all);
    CHECK(escaped("").empty());
}

TEST_CASE("a row splits into fields, unescaped, null told from its look-alikes") {
    CHECK(parts("a\tb\tc") == std::vector<std::string>{"a", "b", "c"});
    CHECK(parts("") == std::vector<std::string>{""});
    CHECK(parts("\t") == std::vector<std::string>{"", ""});
    CHECK(parts("\\N\tN\t\\\\N") == std::vector<std::string>{"<null>", "N", "\\N"});
    CHECK(parts("a\\tb\t\\n\\r\\b\\f\\v\t\\\\") ==
          std::vector<std::string>{"a\tb", "\n\r\b\f\v", "\\"});
}

// Cells of any bytes, written as RFC 4180 says, come back as they were.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "importers/source/record.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

using namespace harmonia;

namespace {

constexpr std::size_t k_columns = 3;

// 0x01 ends a cell; cells are dealt to rows of three.
std::vector<std::string> cells_of(std::string_view input) {
    std::vector<std::string> cells;
    for (const std::string_view cell : split(input, '\x01'))
        cells.emplace_back(cell);
    while (cells.size() % k_columns != 0)
        cells.emplace_back();
    return cells;
}

std::string quoted(const std::string& cell) {
    std::string out = "\"";
    for (const char c : cell)
        out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + "\"";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<std::string> k_used{"a", "b", "c"};
    static const auto format = importers::make_format(
        *config::parse("format: {kind: csv}", "fuzz").find("format"), nullptr, k_used);
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    std::string plain(input);
    std::replace(plain.begin(), plain.end(), '\0', ' ');
    if (find_bad_utf8(plain) != std::string::npos || size > 100'000)
        return 0;
    const auto cells = cells_of(plain);
    std::string text = "a,b,c\n";
    for (std::size_t i = 0; i < cells.size(); ++i)
        text += quoted(cells[i]) + (i % k_columns == k_columns - 1 ? "\r\n" : ",");
    const auto reader = format->reader(importers::over_memory(text));
    static expr::Arena arena;
    std::vector<expr::Value> fields(k_columns);
    importers::RawRecord record;
    for (std::size_t row = 0; row < cells.size() / k_columns; ++row) {
        arena.reset();
        const auto more = reader->next(record);
        HARMONIA_CHECK(more && *more);
        HARMONIA_CHECK(format->parse(record.bytes, reader->header(), fields, arena).has_value());
        for (std::size_t i = 0; i < k_columns; ++i)
            HARMONIA_CHECK(fields[i].text == cells[row * k_columns + i]);
    }
    const auto end = reader->next(record);
    HARMONIA_CHECK(end && !*end);
    return 0;
}

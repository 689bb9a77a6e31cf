// Cuts and splits a text with a format declared in YAML; what came of each record, as text.
#pragma once

#include "importers/source/record.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::test {

/// One record: its place, and either its fields joined by `|` (null as `~`) or its problem's code.
struct Shown {
    std::string fields, code, field, raw;
    std::uint64_t offset = 0, next = 0, line = 0, number = 0;
};

struct Read {
    std::vector<Shown> records;
    importers::Totals totals;
    std::string header;
    std::string check; ///< code of the trailer's problem, or empty
};

/// `yaml` has a member `format` and perhaps `fields`.
[[nodiscard]] std::shared_ptr<const importers::Format>
format_of(const std::string& yaml, const std::vector<std::string>& used);

/// `piece`: how many bytes the source delivers at a time.
[[nodiscard]] Read read_all(const importers::Format& format, std::string_view text,
                            std::size_t piece = 65536);

/// The fields column of every record joined by `;`, problems as `!code`.
[[nodiscard]] std::string fields_of(const std::string& yaml, const std::vector<std::string>& used,
                                    std::string_view text);

/// One record split alone: fields, or `!code`.
[[nodiscard]] std::string parse_one(const std::string& yaml, const std::vector<std::string>& used,
                                    std::string_view record);

} // namespace harmonia::test

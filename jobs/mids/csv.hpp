// Records of a comma-separated text: RFC 4180, a little wider. Lines end in LF or CRLF; a quoted
// field may hold commas, line ends and doubled quotes, and blanks around its quotes; lines of
// blanks are no records.
#pragma once

#include "core/base/expected.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::mids {

class CsvReader {
public:
    /// `text` must outlive the reader. A byte order mark at its beginning is skipped.
    explicit CsvReader(std::string_view text);
    /// The next record's fields, trimmed; false at the end. Problem: a quote that is never closed,
    /// one inside an unquoted field, or text after a closing one; there is no next record after
    /// that.
    [[nodiscard]] Expected<bool> next(std::vector<std::string>& fields);
    /// First line of the record that next() gave, from 1.
    [[nodiscard]] std::uint64_t line() const { return line_; }

private:
    [[nodiscard]] bool at_line_end() const;
    void skip_blanks();
    void skip_line_end();
    [[nodiscard]] Expected<void> field(std::string& into);
    [[nodiscard]] Expected<void> quoted(std::string& into);

    std::string_view text_;
    std::size_t at_ = 0;
    std::uint64_t line_ = 0, next_line_ = 1;
};

} // namespace harmonia::mids

// The rows of an identifier file (docs/formats/identifiers.md): importers/csv without a header,
// with blanks allowed around quotes. Fields are trimmed; lines of blanks are not rows.
#pragma once

#include "importers/csv/csv.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::mids {

class Rows {
public:
    /// `text` must outlive the reader. A byte order mark at its beginning is skipped.
    explicit Rows(std::string_view text);
    /// The next row's fields; false at the end. Problem: a quote that is never closed, one inside
    /// an unquoted field, or text after a closing one; its detail begins with the line. The file is
    /// refused then: what follows is not worth reading.
    [[nodiscard]] Expected<bool> next(std::vector<std::string>& fields);
    /// First line of the row that next() gave, from 1.
    [[nodiscard]] std::uint64_t line() const { return record_.line; }

private:
    [[nodiscard]] tl::unexpected<Problem> refuse(const char* code, std::string_view what) const;

    importers::Dialect dialect_;
    std::unique_ptr<importers::RecordReader> reader_;
    importers::RawRecord record_;
    expr::Arena arena_;
};

} // namespace harmonia::mids

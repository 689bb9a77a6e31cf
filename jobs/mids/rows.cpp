#include "jobs/mids/rows.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

namespace harmonia::mids {
namespace {

importers::Dialect identifiers_dialect() {
    importers::Dialect dialect;
    dialect.header = false;
    dialect.padded_quotes = true;
    dialect.bytes_max = importers::k_record_bytes_most;
    return dialect;
}

} // namespace

Rows::Rows(std::string_view text)
    : dialect_(identifiers_dialect()),
      reader_(importers::make_csv_reader(importers::over_memory(text), dialect_)) {}

tl::unexpected<Problem> Rows::refuse(const char* code, std::string_view what) const {
    return bad(code, "", fmt::format("line {}: {}", record_.line, what));
}

Expected<bool> Rows::next(std::vector<std::string>& fields) {
    fields.clear();
    do {
        const auto more = reader_->next(record_);
        if (!more && more.error().code != "bad_quote")
            return refuse("too_long", more.error().detail);
        if (!more)
            return more.error().detail == importers::k_quote_inside
                       ? refuse("quote_inside", "text after a closing quote")
                       : refuse("quote_open", more.error().detail);
        if (!*more)
            return false;
    } while (trim(record_.bytes).empty());
    arena_.reset();
    importers::Cells cells(record_.bytes, dialect_);
    importers::Cells::Cell cell;
    while (cells.next(cell)) {
        if (!cell.quoted && cell.text.find(dialect_.quote) != std::string_view::npos)
            return refuse("quote_inside", "a quote inside an unquoted field");
        fields.emplace_back(trim(importers::unquoted(cell, dialect_.quote, arena_)));
    }
    return true;
}

} // namespace harmonia::mids

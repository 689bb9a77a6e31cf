// Delimited text: how it is declared, cut into records and split into cells. RFC 4180 where it
// applies: a quote is special only at the beginning of a cell, a doubled quote inside is one quote,
// quoted cells may hold line ends.
#pragma once

#include "importers/source/window.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers {

/// A delimited format's declaration.
struct Dialect {
    char delimiter = ',';
    char quote = '"';           ///< '\0': none, quotes are ordinary characters
    bool padded_quotes = false; ///< blanks may stand around quoted cells
    bool header = true;
    bool trim = false;
    std::size_t skip_lines = 0, bytes_max = k_record_bytes_default;
    std::vector<std::string> columns; ///< titles, when there is no header
    /// Only records with this text in that column (title, or number from 0 when not a title).
    struct Selector {
        std::string column, equals;
    };
    std::optional<Selector> record;
};

/// Walks over the cells of one record.
class Cells {
public:
    Cells(std::string_view record, const Dialect& dialect)
        : at_(record.data()), end_(record.data() + record.size()), delimiter_(dialect.delimiter),
          quote_(dialect.quote), padded_(dialect.padded_quotes) {}

    struct Cell {
        std::string_view text; ///< without its quotes
        bool quoted = false;
        bool doubled_quotes = false; ///< text still holds doubled quotes
    };
    /// False after the last cell, or at a misplaced quote: see broken().
    [[nodiscard]] bool next(Cell& cell);
    [[nodiscard]] bool broken() const { return broken_; }

private:
    [[nodiscard]] bool next_quoted(Cell& cell);
    void skip_blanks();
    const char* at_;
    const char* end_;
    char delimiter_, quote_;
    bool padded_, done_ = false, broken_ = false;
};

/// Column titles of a header line. Error(data) when its quoting is broken.
[[nodiscard]] std::vector<std::string> read_titles(std::string_view header, const Dialect& dialect);

/// Position of the column with that title. Error(data) when it is missing or occurs twice.
[[nodiscard]] std::size_t find_title(const std::vector<std::string>& titles,
                                     const std::string& title);

/// What a Problem of the reader says (its code is `bad_quote`).
inline constexpr const char* k_quote_open = "a quote is never closed";
inline constexpr const char* k_quote_inside = "text follows a closing quote";

/// Cuts records. `dialect` must live as long.
[[nodiscard]] std::unique_ptr<RecordReader> make_csv_reader(std::unique_ptr<ByteSource> bytes,
                                                            const Dialect& dialect);

/// A cell's text with doubled quotes made single, in the arena where that changes the text.
[[nodiscard]] std::string_view unquoted(const Cells::Cell& cell, char quote, expr::Arena& arena);

} // namespace harmonia::importers

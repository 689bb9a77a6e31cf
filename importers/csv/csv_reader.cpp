// Cuts delimited text into records: at line ends outside quotes.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "importers/csv/csv.hpp"

#include <algorithm>
#include <cstring>

namespace harmonia::importers {
namespace {

constexpr int k_none = -1;

class CsvReader : public RecordReader {
public:
    CsvReader(std::unique_ptr<ByteSource> bytes, const Dialect& dialect)
        : window_(std::move(bytes), dialect.bytes_max), dialect_(dialect) {
        if (!dialect_.header && dialect_.record)
            selected_ = column_of(dialect_.columns);
    }

    Expected<bool> next(RawRecord& record) override;
    const Totals& totals() const override { return totals_; }
    std::string header() const override { return header_; }

private:
    struct Cut {
        std::size_t size = 0;  ///< of the record, its line end included
        std::size_t lines = 1; ///< that it spans
        const char* problem = nullptr;
    };
    bool begin();
    bool cut(Cut& cut);
    void cut_quoted(Cut& cut);
    bool step_over_quoted(std::size_t& at);
    void skip_blanks(std::size_t& at) const;
    int byte_at(std::size_t index);
    bool find_line_end(std::size_t from, std::size_t& end);
    Expected<bool> cut_long(RawRecord& record);
    bool chosen(std::string_view record) const;
    std::size_t column_of(const std::vector<std::string>& titles) const;

    Window window_;
    const Dialect& dialect_;
    Totals totals_;
    std::string header_, shown_;
    std::size_t selected_ = 0;
    std::size_t pending_ = 0;
    std::uint64_t line_ = 1;
    bool begun_ = false;
};

std::string_view without_end(std::string_view line) {
    if (line.ends_with('\n'))
        line.remove_suffix(1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::size_t CsvReader::column_of(const std::vector<std::string>& titles) const {
    const auto number = parse_int(dialect_.record->column);
    if (number && *number >= 0 &&
        std::find(titles.begin(), titles.end(), dialect_.record->column) == titles.end())
        return static_cast<std::size_t>(*number);
    return find_title(titles, dialect_.record->column);
}

// Where the line that holds byte `from` ends; false when the window is full before.
bool CsvReader::find_line_end(std::size_t from, std::size_t& end) {
    while (true) {
        const std::string_view view = window_.view();
        if (from < view.size()) {
            const void* found = std::memchr(view.data() + from, '\n', view.size() - from);
            if (found != nullptr) {
                end = static_cast<std::size_t>(static_cast<const char*>(found) - view.data()) + 1;
                return true;
            }
            from = view.size();
        }
        if (window_.full())
            return false;
        if (!window_.fill()) {
            end = window_.view().size();
            return true;
        }
    }
}

// A record ends at the first line end outside quotes. Without a quote in the line that is its end.
bool CsvReader::cut(Cut& cut) {
    std::size_t end = 0;
    if (!find_line_end(0, end))
        return false;
    cut = {end, 1, nullptr};
    if (dialect_.quote == '\0' ||
        std::memchr(window_.view().data(), dialect_.quote, end) == nullptr)
        return true;
    cut_quoted(cut);
    return true;
}

// The byte at `index`, reading on as needed; k_none at the end of the file or of what a record may
// hold.
int CsvReader::byte_at(std::size_t index) {
    while (index >= window_.view().size())
        if (window_.full() || !window_.fill())
            return k_none;
    return static_cast<unsigned char>(window_.view()[index]);
}

// From just inside an opening quote to just after its closing one; false when there is none.
bool CsvReader::step_over_quoted(std::size_t& at) {
    while (true) {
        const std::size_t quote = window_.view().find(dialect_.quote, at);
        if (quote == std::string_view::npos) {
            at = std::max(at, window_.view().size());
            if (byte_at(at) == k_none)
                return false;
            continue;
        }
        at = quote + 1;
        if (byte_at(at) != static_cast<unsigned char>(dialect_.quote))
            return true;
        ++at;
    }
}

// Within what is at hand: blanks end with the line, which is.
void CsvReader::skip_blanks(std::size_t& at) const {
    const std::string_view view = window_.view();
    while (at < view.size() && (view[at] == ' ' || view[at] == '\t'))
        ++at;
}

// Broken quoting ends the record at its first line end, so that one bad quote costs one line.
void CsvReader::cut_quoted(Cut& cut) {
    std::size_t at = 0, line_end = cut.size;
    while (true) {
        if (dialect_.padded_quotes)
            skip_blanks(at);
        if (at < window_.view().size() && window_.view()[at] == dialect_.quote) {
            if (!step_over_quoted(++at)) {
                cut.problem = k_quote_open;
                return;
            }
            if (at > line_end && !find_line_end(at, line_end)) {
                cut.problem = "the line after a closing quote is too long";
                return;
            }
            if (dialect_.padded_quotes)
                skip_blanks(at);
            const std::string_view rest = window_.view().substr(at, line_end - at);
            if (!without_end(rest).empty() && rest.front() != dialect_.delimiter) {
                cut.problem = k_quote_inside;
                return;
            }
        }
        const std::size_t stop = window_.view().substr(0, line_end).find(dialect_.delimiter, at);
        if (stop == std::string_view::npos)
            break;
        at = stop + 1;
    }
    cut.size = line_end;
    const std::string_view inside = window_.view().substr(0, line_end == 0 ? 0 : line_end - 1);
    cut.lines = 1 + static_cast<std::size_t>(std::count(inside.begin(), inside.end(), '\n'));
}

bool CsvReader::begin() {
    begun_ = true;
    window_.skip_mark();
    std::size_t end = 0;
    for (std::size_t i = 0; i < dialect_.skip_lines; ++i, ++line_, ++totals_.ignored_lines) {
        if (!find_line_end(0, end))
            throw Error(Exit::data, "a skipped line is longer than record_bytes_max");
        window_.consume(end);
    }
    while (dialect_.header) {
        Cut cut;
        if (!this->cut(cut) || cut.problem != nullptr)
            throw Error(Exit::data, "the header is too long, or its quoting is broken");
        if (cut.size == 0)
            return false;
        header_.assign(without_end(window_.view().substr(0, cut.size)));
        window_.consume(cut.size);
        line_ += cut.lines;
        ++totals_.ignored_lines;
        if (!trim(header_).empty())
            break;
    }
    if (dialect_.header && dialect_.record)
        selected_ = column_of(read_titles(header_, dialect_));
    return true;
}

bool CsvReader::chosen(std::string_view record) const {
    if (record.empty())
        return false;
    if (!dialect_.record)
        return true;
    Cells cells(record, dialect_);
    Cells::Cell cell;
    for (std::size_t i = 0; cells.next(cell); ++i)
        if (i == selected_)
            return cell.text == dialect_.record->equals;
    return false;
}

Expected<bool> CsvReader::next(RawRecord& record) {
    window_.consume(pending_);
    pending_ = 0;
    if (!begun_ && !begin())
        return false;
    while (true) {
        Cut cut;
        if (!this->cut(cut))
            return cut_long(record);
        if (cut.size == 0)
            return false;
        const std::string_view text = without_end(window_.view().substr(0, cut.size));
        const std::uint64_t line = line_;
        line_ += cut.lines;
        if (cut.problem == nullptr && !chosen(text)) {
            ++totals_.ignored_lines;
            window_.consume(cut.size);
            continue;
        }
        record = {text, window_.offset(), window_.offset() + cut.size, line, ++totals_.records};
        pending_ = cut.size;
        if (cut.problem != nullptr)
            return bad("bad_quote", {}, cut.problem);
        return true;
    }
}

Expected<bool> CsvReader::cut_long(RawRecord& record) {
    constexpr std::size_t k_shown_bytes = 400;
    shown_.assign(window_.view().substr(0, k_shown_bytes));
    record = {shown_, window_.offset(), 0, line_++, ++totals_.records};
    window_.skip_line();
    record.next = window_.offset();
    return record_too_long(dialect_.bytes_max);
}

} // namespace

std::unique_ptr<RecordReader> make_csv_reader(std::unique_ptr<ByteSource> bytes,
                                              const Dialect& dialect) {
    return std::make_unique<CsvReader>(std::move(bytes), dialect);
}

} // namespace harmonia::importers

// The cells of one record, and the titles of a header line.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "importers/csv/csv.hpp"

#include <cstring>

namespace harmonia::importers {
namespace {

const char* find(const char* from, const char* end, char wanted) {
    const void* found = std::memchr(from, wanted, static_cast<std::size_t>(end - from));
    return found == nullptr ? end : static_cast<const char*>(found);
}

std::string_view between(const char* from, const char* to) {
    return {from, static_cast<std::size_t>(to - from)};
}

} // namespace

bool Cells::next(Cell& cell) {
    if (done_)
        return false;
    if (padded_)
        skip_blanks();
    if (quote_ != '\0' && at_ < end_ && *at_ == quote_)
        return next_quoted(cell);
    const char* stop = at_ == end_ ? end_ : find(at_, end_, delimiter_);
    cell = {between(at_, stop), false, false};
    done_ = stop == end_;
    at_ = stop + (done_ ? 0 : 1);
    return true;
}

bool Cells::next_quoted(Cell& cell) {
    const char* const from = at_ + 1;
    const char* at = from;
    bool doubled = false;
    while (true) {
        at = at == end_ ? end_ : find(at, end_, quote_);
        if (at == end_)
            break;
        if (at + 1 == end_ || at[1] != quote_)
            break;
        doubled = true;
        at += 2;
    }
    const std::string_view text = between(from, at);
    broken_ = at == end_;
    at_ = broken_ ? end_ : at + 1;
    if (padded_)
        skip_blanks();
    broken_ = broken_ || (at_ != end_ && *at_ != delimiter_);
    done_ = broken_ || at_ == end_;
    if (broken_)
        return false;
    cell = {text, true, doubled};
    at_ += done_ ? 0 : 1;
    return true;
}

void Cells::skip_blanks() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\t'))
        ++at_;
}

std::string_view unquoted(const Cells::Cell& cell, char quote, expr::Arena& arena) {
    if (!cell.doubled_quotes)
        return cell.text;
    char* const begin = arena.allocate(cell.text.size());
    char* to = begin;
    for (std::size_t i = 0; i < cell.text.size(); ++i) {
        *to++ = cell.text[i];
        if (cell.text[i] == quote)
            ++i;
    }
    return between(begin, to);
}

std::vector<std::string> read_titles(std::string_view header, const Dialect& dialect) {
    std::vector<std::string> titles;
    expr::Arena arena;
    Cells cells(header, dialect);
    Cells::Cell cell;
    while (cells.next(cell))
        titles.emplace_back(trim(unquoted(cell, dialect.quote, arena)));
    if (cells.broken())
        throw Error(Exit::data, "the quoting of the header is broken");
    return titles;
}

std::size_t find_title(const std::vector<std::string>& titles, const std::string& title) {
    std::size_t found = titles.size();
    for (std::size_t i = 0; i < titles.size(); ++i) {
        if (titles[i] != title)
            continue;
        if (found != titles.size())
            throw Error(Exit::data, "column '" + title + "' occurs twice");
        found = i;
    }
    if (found == titles.size()) {
        const auto near = nearest(title, titles);
        throw Error(Exit::data, "the header has no column '" + title + "'",
                    near ? "It has '" + *near + "'." : "");
    }
    return found;
}

} // namespace harmonia::importers

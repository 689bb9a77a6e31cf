// CopyIn: rows gathered as COPY text and handed to libpqxx's stream in large messages.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/db/copy_text.hpp"
#include "core/db/session.hpp"

#include <fmt/format.h>

#include <charconv>
#include <tuple>

namespace harmonia::db {

/// Whole lines in COPY's text form, escaped already.
struct CopyLines {
    const std::string* text;
};

} // namespace harmonia::db

namespace pqxx::internal {

// The public way to hand libpqxx 6 a field that it must not escape again. A "field" here is
// many rows: libpqxx sends what it gets in one message, and the server does not care where messages
// end.
template <>
inline std::string
TypedCopyEscaper::operator()<harmonia::db::CopyLines>(const harmonia::db::CopyLines* lines) const {
    return *lines->text;
}

} // namespace pqxx::internal

namespace harmonia::db {
namespace {

constexpr std::size_t k_flush_bytes = 64 * 1024; // larger messages were not faster

std::string qualified(std::string_view table) {
    std::string out;
    for (const std::string_view part : split(table, '.'))
        out += (out.empty() ? "" : ".") + quoted_identifier(part);
    return out;
}

std::vector<std::string> quoted_all(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    out.reserve(names.size());
    for (const std::string& name : names)
        out.push_back(quoted_identifier(name));
    return out;
}

} // namespace

struct CopyIn::State {
    Transaction::State* transaction;
    std::unique_ptr<pqxx::stream_to> stream;
    std::size_t columns;
    std::size_t filled = 0; // fields of the row at hand
    std::string lines;
    bool open = true;

    void separate() {
        if (filled++ != 0)
            lines += '\t';
    }
    void flush() {
        if (lines.empty())
            return;
        lines.pop_back(); // libpqxx ends what it sends with a newline
        *stream << std::tuple<CopyLines>(CopyLines{&lines});
        lines.clear();
    }
    [[noreturn]] void fail() {
        transaction->doomed = true;
        open = false;
        rethrow(*transaction->connection->pq, transaction->connection->place);
    }
};

CopyIn::CopyIn(Transaction& tx, std::string_view table, const std::vector<std::string>& columns)
    : state_(std::make_unique<State>()) {
    state_->transaction = tx.state_.get();
    state_->columns = columns.size();
    state_->lines.reserve(2 * k_flush_bytes);
    try {
        state_->stream = std::make_unique<pqxx::stream_to>(*tx.state_->pq, qualified(table),
                                                           quoted_all(columns));
    } catch (...) {
        state_->fail();
    }
}

CopyIn::~CopyIn() {
    if (state_->open)
        state_->transaction->doomed = true; // libpqxx ends the COPY as if all were well
}

CopyIn& CopyIn::field(std::string_view text) {
    state_->separate();
    append_copy_escaped(state_->lines, text);
    return *this;
}

CopyIn& CopyIn::bare(std::string_view text) {
    state_->separate();
    state_->lines += text;
    return *this;
}

void CopyIn::expect(std::size_t column) {
    HARMONIA_CHECK(state_->filled == column);
}

CopyIn& CopyIn::integer(std::int64_t value) {
    state_->separate();
    char digits[24];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
    state_->lines.append(digits, static_cast<std::size_t>(end - digits));
    return *this;
}

CopyIn& CopyIn::null() {
    state_->separate();
    state_->lines += "\\N";
    return *this;
}

void CopyIn::end_row() {
    HARMONIA_CHECK(state_->open && state_->filled == state_->columns);
    state_->filled = 0;
    state_->lines += '\n';
    if (state_->lines.size() < k_flush_bytes)
        return;
    try {
        state_->flush();
    } catch (...) {
        state_->fail();
    }
}

void CopyIn::finish() {
    HARMONIA_CHECK(state_->open && state_->filled == 0);
    try {
        state_->flush();
        state_->stream->complete();
    } catch (...) {
        state_->fail();
    }
    state_->open = false;
}

} // namespace harmonia::db

#include "core/db/copy_out.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/db/copy_text.hpp"
#include "core/db/dsn.hpp"
#include "core/db/native.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace harmonia::db {

struct CopyOut::State {
    NativeConnection connection;
    std::unique_ptr<char, void (*)(void*)> row{nullptr, PQfreemem};
    std::vector<Field> fields;
    bool finished = false;
};

std::int64_t CopyOut::Field::integer() const {
    const auto value = parse_int(text);
    HARMONIA_CHECK(value.has_value());
    return *value;
}

bool CopyOut::Field::boolean() const {
    HARMONIA_CHECK(text == "t" || text == "f");
    return text == "t";
}

Instant CopyOut::Field::instant() const {
    return instant_from(text);
}

CopyOut::CopyOut(const Settings& settings, const std::string& snapshot, const std::string& query)
    : state_(std::make_unique<State>()) {
    state_->connection = native_connect(settings);
    PGconn* const pg = state_->connection.get();
    native_exec(pg, session_sql(settings), PGRES_TUPLES_OK);
    native_exec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", PGRES_COMMAND_OK);
    if (!snapshot.empty())
        native_exec(pg, "SET TRANSACTION SNAPSHOT " + quoted_literal(snapshot), PGRES_COMMAND_OK);
    native_exec(pg, fmt::format("COPY ({}) TO STDOUT", query), PGRES_COPY_OUT);
}

// An unfinished stream is simply closed: the session only reads.
CopyOut::~CopyOut() = default;

std::span<const CopyOut::Field> CopyOut::next() {
    if (state_->finished)
        return {};
    PGconn* const pg = state_->connection.get();
    char* bytes = nullptr;
    const int size = PQgetCopyData(pg, &bytes, 0);
    state_->row.reset(bytes);
    if (size > 0) {
        split_copy_row(std::span(bytes, static_cast<std::size_t>(size) - 1), state_->fields);
        return state_->fields;
    }
    state_->finished = true;
    const NativeResult result(PQgetResult(pg));
    if (size != -1 || !result || PQresultStatus(result.get()) != PGRES_COMMAND_OK)
        throw native_failure(pg, result.get());
    return {};
}

std::string quoted_literal(std::string_view text) {
    const bool escapes = text.find('\\') != std::string_view::npos;
    std::string out = escapes ? " E'" : "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\')
            out += c;
        out += c;
    }
    return out + "'";
}

} // namespace harmonia::db

// libpq sessions, for what libpqxx cannot do: COPY of a query, and the reason of a refused login.
// Inside core/db only; they write nothing.
#pragma once

#include "core/db/connection.hpp"

#include <libpq-fe.h>

#include <memory>
#include <string>

namespace harmonia::db {

struct NativeClose {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using NativeConnection = std::unique_ptr<PGconn, NativeClose>;
using NativeResult = std::unique_ptr<PGresult, NativeClose>;

/// One try. Failure with the server's SQLSTATE where it gave one.
NativeConnection native_connect(const Settings& settings);

/// Runs `sql` and demands `expected`; Failure otherwise.
NativeResult native_exec(PGconn* connection, const std::string& sql, ExecStatusType expected);

/// The failure that `result` (may be null) and `connection` report.
[[nodiscard]] Failure native_failure(PGconn* connection, const PGresult* result);

} // namespace harmonia::db

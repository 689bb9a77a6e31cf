// Connection strings: parsing, showing, completing. Results other than masked ones hold passwords:
// never log them.
#pragma once

#include "core/db/connection.hpp"

#include <string>

namespace harmonia::db {

/// What libpq is given: the DSN's keywords, the password file's content, and what every session
/// of the program has unless the DSN says otherwise (UTF-8, time-outs, keepalives, a writable
/// server).
[[nodiscard]] std::string connection_string(const Settings& settings);

/// `dsn` with another database name. For tests and administration.
[[nodiscard]] std::string dsn_with_database(const std::string& dsn, const std::string& database);

/// `name at host:port` for error messages, as far as the DSN or PGHOST, PGPORT, PGDATABASE say.
[[nodiscard]] std::string dsn_place(const std::string& dsn);

/// One SELECT of set_config() calls that gives a session its time zone, formats, search_path and
/// time-outs. Contains no secret.
[[nodiscard]] std::string session_sql(const Settings& settings);

} // namespace harmonia::db

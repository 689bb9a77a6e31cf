#include "core/db/native.hpp"

#include "core/base/text.hpp"
#include "core/db/dsn.hpp"
#include "core/db/failure.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>

namespace harmonia::db {
namespace {

constexpr std::chrono::seconds k_connect_limit{
    15}; // above connect_timeout, which rules per address

// With verbose errors a refusal reads `FATAL:  28P01: password authentication failed ...`.
std::string sqlstate_in(std::string_view message) {
    const auto good = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
    std::string found;
    for (auto at = message.find(":  "); at != std::string_view::npos;
         at = message.find(":  ", at + 3)) {
        const std::string_view code = message.substr(at + 3, 6);
        if (code.size() == 6 && code[5] == ':' && std::all_of(code.begin(), code.begin() + 5, good))
            found = code.substr(0, 5);
    }
    return found;
}

bool wait_ready(PGconn* connection, PostgresPollingStatusType wanted,
                std::chrono::steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          deadline - std::chrono::steady_clock::now())
                          .count();
    if (left <= 0)
        return false;
    pollfd fd{PQsocket(connection),
              static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    return ::poll(&fd, 1, static_cast<int>(left)) != 0;
}

} // namespace

NativeConnection native_connect(const Settings& settings) {
    NativeConnection connection(PQconnectStart(connection_string(settings).c_str()));
    if (!connection)
        throw std::bad_alloc();
    PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
    const auto deadline = std::chrono::steady_clock::now() + k_connect_limit;
    auto wanted =
        PQstatus(connection.get()) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING;
    while (wanted == PGRES_POLLING_READING || wanted == PGRES_POLLING_WRITING) {
        if (!wait_ready(connection.get(), wanted, deadline))
            throw connection_failure(
                fmt::format("cannot connect to database {}: time-out", dsn_place(settings.dsn)));
        wanted = PQconnectPoll(connection.get());
    }
    if (PQstatus(connection.get()) != CONNECTION_OK) {
        const std::string message = PQerrorMessage(connection.get());
        const std::string what =
            fmt::format("cannot connect to database {}: {}", dsn_place(settings.dsn),
                        trim(split(message, '\n').front()));
        const std::string sqlstate = sqlstate_in(message);
        if (sqlstate.empty())
            throw connection_failure(what);
        const Failure refused = failure_from(sqlstate, message);
        throw Failure(refused.exit(), sqlstate, what, refused.hint());
    }
    PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    return connection;
}

NativeResult native_exec(PGconn* connection, const std::string& sql, ExecStatusType expected) {
    NativeResult result(PQexec(connection, sql.c_str()));
    if (!result || PQresultStatus(result.get()) != expected)
        throw native_failure(connection, result.get());
    return result;
}

Failure native_failure(PGconn* connection, const PGresult* result) {
    const char* sqlstate =
        result != nullptr ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : nullptr;
    if (sqlstate != nullptr)
        return failure_from(sqlstate, PQresultErrorMessage(result));
    return connection_failure(
        fmt::format("lost the connection to the database: {}", trim(PQerrorMessage(connection))));
}

} // namespace harmonia::db

// libpqxx's exceptions as the program's own, and the server's notices as log lines.
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/db/failure.hpp"
#include "core/db/session.hpp"

#include <fmt/format.h>

namespace harmonia::db {

bool NoticeLog::operator()(const char message[]) noexcept {
    try {
        const std::string_view text = trim(message);
        log::write(text.starts_with("WARNING") ? log::Level::warn : log::Level::debug,
                   mask_digits(text));
    } catch (...) { // a notice is never worth a crash
    }
    return false;
}

void rethrow(const pqxx::connection_base& connection, const std::string& place) {
    const auto lost = [&](const char* what) {
        return connection_failure(
            fmt::format("lost the connection to database {}: {}", place, trim(what)));
    };
    try {
        throw;
    } catch (const Error&) {
        throw;
    } catch (const pqxx::in_doubt_error&) {
        throw InDoubt(fmt::format("the answer to COMMIT from database {} was lost", place));
        // These carry no SQLSTATE in libpqxx 6.4.5; their types tell it.
    } catch (const pqxx::too_many_connections& e) {
        throw failure_from("53300", e.what());
    } catch (const pqxx::insufficient_privilege& e) {
        throw failure_from("42501", e.what());
    } catch (const pqxx::serialization_failure& e) {
        throw failure_from("40001", e.what());
    } catch (const pqxx::deadlock_detected& e) {
        throw failure_from("40P01", e.what());
    } catch (const pqxx::statement_completion_unknown& e) {
        throw failure_from("40003", e.what());
    } catch (const pqxx::transaction_rollback& e) {
        throw failure_from("40000", e.what());
    } catch (const pqxx::broken_connection& e) {
        throw lost(e.what());
    } catch (const pqxx::sql_error& e) {
        if (e.sqlstate().empty() && !connection.is_open())
            throw lost(e.what());
        throw failure_from(e.sqlstate(), e.what());
    } catch (const pqxx::failure& e) {
        if (!connection.is_open())
            throw lost(e.what());
        throw Failure(Exit::failure, "", std::string(trim(e.what())));
    } catch (const std::logic_error& e) { // misuse, which libpqxx noticed
        if (!connection.is_open())
            throw lost(e.what());
        throw Error(Exit::internal, fmt::format("misused database session: {}", trim(e.what())));
    }
}

} // namespace harmonia::db

// From PostgreSQL's errors to the program's: exit code, readable text, cure. Inside core/db only.
#pragma once

#include "core/db/connection.hpp"

#include <string>
#include <string_view>

namespace harmonia::db {

/// A server's refusal. `message` is libpq's: `ERROR:  text`, then lines LINE, DETAIL, HINT,
/// CONTEXT.
[[nodiscard]] Failure failure_from(std::string_view sqlstate, std::string_view message);

/// The session is gone, or was never had. `what` as Error takes it.
[[nodiscard]] Failure connection_failure(const std::string& what);

} // namespace harmonia::db

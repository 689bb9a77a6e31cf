// Schema migrations: numbered SQL files per area, applied once each in order, forward only.
//
// ops.schema_history (made here, before anything else) says what was applied, when, by whom, how
// long it took and with which content. A file whose first line is `-- harmonia: no-transaction`
// holds ONE statement that PostgreSQL refuses inside a transaction, and must be harmless to repeat
// (IF NOT EXISTS): a run killed between it and its history row does it again.
#pragma once

#include "core/base/embedded.hpp"
#include "core/db/connection.hpp"

#include <span>
#include <string>
#include <vector>

namespace harmonia::db {

struct Migration {
    std::string area; ///< schema it belongs to: ops, harmonia, …
    int number;
    std::string name;
    std::string_view sql;
    std::string sha256; ///< of the file's bytes
    bool transactional; ///< false when the first line is `-- harmonia: no-transaction`
};

/// The program's migrations of `areas`, `ops` first, by area then number. Error(internal) on a gap,
/// a number used twice or a malformed name (`migrations/AREA/NNNN_name.sql`).
[[nodiscard]] std::vector<Migration> list_migrations(std::span<const Embedded> files,
                                                     const std::vector<std::string>& areas);

struct MigrationState {
    Migration migration;
    /// changed: applied with another checksum
    enum class State { pending, applied, changed } state;
    std::string applied_at; ///< empty when pending
};

/// What the database says of each; `extra` lists applied ones of the same areas that this program
/// does not know (a newer program was here), as `area/NNNN_name`.
[[nodiscard]] std::vector<MigrationState> migration_status(Connection& connection,
                                                           const std::vector<Migration>& migrations,
                                                           std::vector<std::string>& extra);

/// Throws Error(config) when an applied file changed or `extra` is not empty.
void check_migrations(const std::vector<MigrationState>& states,
                      const std::vector<std::string>& extra);

/// Applies what is pending, each file in one transaction with its ops.schema_history row, under the
/// migrate lock (Error(try_again) when another holds it longer than lock_timeout). Refuses with
/// Error(config) when an applied file changed or the database is newer. Returns those applied.
std::vector<Migration> apply_migrations(Connection& connection,
                                        const std::vector<Migration>& migrations,
                                        const std::string& tool_version = {});

} // namespace harmonia::db

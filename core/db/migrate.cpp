#include "core/db/migrate.hpp"

#include "core/base/hash.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/db/lock.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace harmonia::db {
namespace {

constexpr std::string_view k_alone = "-- harmonia: no-transaction\n";

Migration parse_migration(const Embedded& file) {
    const auto parts = split(file.path, '/');
    const auto malformed = [&] {
        return Error(Exit::internal, fmt::format("malformed migration name '{}'", file.path),
                     "Migrations are called migrations/AREA/NNNN_name.sql.");
    };
    if (parts.size() != 3 || parts[0] != "migrations" || parts[2].size() < 10 ||
        !parts[2].ends_with(".sql") || parts[2][4] != '_')
        throw malformed();
    const auto number = parse_int(parts[2].substr(0, 4));
    if (!number || *number < 1)
        throw malformed();
    static_cast<void>(quoted_identifier(parts[1])); // throws when the area is not an identifier
    const std::string_view name = parts[2].substr(5, parts[2].size() - 9);
    return {std::string(parts[1]), static_cast<int>(*number),      std::string(name), file.text,
            sha256_hex(file.text), !file.text.starts_with(k_alone)};
}

void check_numbers(const std::vector<Migration>& sorted) {
    int previous = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const Migration& m = sorted[i];
        if (i == 0 || sorted[i - 1].area != m.area)
            previous = 0;
        if (m.number == previous)
            throw Error(Exit::internal,
                        fmt::format("two migrations of {} have the number {:04}", m.area, m.number),
                        "Give the newer one the next free number.");
        if (m.number != previous + 1)
            throw Error(Exit::internal,
                        fmt::format("migration {:04} of {} is missing", previous + 1, m.area),
                        "Numbers of an area rise by one, without gaps.");
        previous = m.number;
    }
}

bool has_history(Transaction& tx) {
    return tx.exec("SELECT to_regclass('ops.schema_history') IS NOT NULL AS there")
        .only()
        .boolean("there");
}

void create_history(Connection& connection) {
    Transaction tx(connection);
    if (has_history(tx))
        return;
    tx.script(R"(
        CREATE SCHEMA IF NOT EXISTS ops;
        CREATE TABLE ops.schema_history (
            area         text        NOT NULL,
            number       integer     NOT NULL,
            name         text        NOT NULL,
            sha256       text        NOT NULL,
            applied_at   timestamptz NOT NULL DEFAULT now(),
            applied_by   text        NOT NULL DEFAULT session_user,
            duration_ms  bigint      NOT NULL,
            tool_version text        NOT NULL,
            PRIMARY KEY (area, number)))");
    tx.commit(Failpoint::migrate_commit);
}

void record(Transaction& tx, const Migration& m, std::chrono::steady_clock::time_point started,
            const std::string& tool_version) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - started);
    tx.exec(R"(
        INSERT INTO ops.schema_history (area, number, name, sha256, duration_ms, tool_version)
        VALUES ($1, $2, $3, $4, $5, $6))",
            m.area, m.number, m.name, m.sha256, took.count(), tool_version);
}

void apply(Connection& connection, const Migration& m, const std::string& tool_version) {
    const auto started = std::chrono::steady_clock::now();
    if (!m.transactional)
        connection.run_alone(m.sql, Failpoint::migrate_commit);
    Transaction tx(connection);
    tx.script("CREATE SCHEMA IF NOT EXISTS " + quoted_identifier(m.area));
    if (m.transactional)
        tx.script(m.sql);
    record(tx, m, started, tool_version);
    tx.commit(Failpoint::migrate_commit);
    log::info("migration applied", {{"area", m.area}, {"number", m.number}, {"name", m.name}});
}

} // namespace

std::vector<Migration> list_migrations(std::span<const Embedded> files,
                                       const std::vector<std::string>& areas) {
    std::vector<Migration> out;
    for (const Embedded& file : files) {
        Migration m = parse_migration(file);
        if (std::find(areas.begin(), areas.end(), m.area) != areas.end())
            out.push_back(std::move(m));
    }
    std::sort(out.begin(), out.end(), [](const Migration& a, const Migration& b) {
        return std::tuple(a.area != "ops", std::string_view(a.area), a.number) <
               std::tuple(b.area != "ops", std::string_view(b.area), b.number);
    });
    check_numbers(out);
    return out;
}

std::vector<MigrationState> migration_status(Connection& connection,
                                             const std::vector<Migration>& migrations,
                                             std::vector<std::string>& extra) {
    std::vector<MigrationState> out;
    std::set<std::string> areas;
    for (const Migration& m : migrations) {
        out.push_back({m, MigrationState::State::pending, ""});
        areas.insert(m.area);
    }
    extra.clear();
    Transaction tx(connection);
    if (!has_history(tx))
        return out;
    const Result applied = tx.exec(R"(
        SELECT area, number, name, sha256, applied_at
        FROM ops.schema_history
        ORDER BY area, number)");
    for (const Row row : applied) {
        const std::string area(row.text("area"));
        const std::int64_t number = row.integer("number");
        const auto known = std::find_if(out.begin(), out.end(), [&](const MigrationState& s) {
            return s.migration.area == area && s.migration.number == number;
        });
        if (known != out.end()) {
            known->state = known->migration.sha256 == row.text("sha256")
                               ? MigrationState::State::applied
                               : MigrationState::State::changed;
            known->applied_at = row.text("applied_at");
        } else if (areas.contains(area)) {
            extra.push_back(fmt::format("{}/{:04}_{}", area, number, row.text("name")));
        }
    }
    return out;
}

void check_migrations(const std::vector<MigrationState>& states,
                      const std::vector<std::string>& extra) {
    if (!extra.empty())
        throw Error(
            Exit::config,
            fmt::format("the database is newer than this program: it has {}", join(extra, ", ")),
            "Install the program's version that made these migrations, or a later one.");
    for (const MigrationState& s : states)
        if (s.state == MigrationState::State::changed)
            throw Error(Exit::config,
                        fmt::format("migration {}/{:04}_{} was applied with another content",
                                    s.migration.area, s.migration.number, s.migration.name),
                        "An applied migration never changes: put its file back as released, and "
                        "write the change as a new migration.");
}

std::vector<Migration> apply_migrations(Connection& connection,
                                        const std::vector<Migration>& migrations,
                                        const std::string& tool_version) {
    const auto lock = SessionLock::acquire(connection, LockClass::migrate, "schema",
                                           connection.settings().lock_timeout);
    if (!lock)
        throw Error(Exit::try_again, "another migration of this database is running",
                    "Wait for it (harmonia migrate await), then look: harmonia migrate status.");
    std::vector<std::string> extra;
    const auto states = migration_status(connection, migrations, extra);
    check_migrations(states, extra);
    std::vector<Migration> applied;
    for (const MigrationState& s : states) {
        if (s.state != MigrationState::State::pending)
            continue;
        if (applied.empty())
            create_history(connection);
        try {
            apply(connection, s.migration, tool_version);
        } catch (const Failure& f) {
            throw Failure(f.exit(), f.sqlstate(),
                          fmt::format("migration {}/{:04}_{}: {}", s.migration.area,
                                      s.migration.number, s.migration.name, f.what()),
                          f.hint());
        }
        applied.push_back(s.migration);
    }
    return applied;
}

} // namespace harmonia::db

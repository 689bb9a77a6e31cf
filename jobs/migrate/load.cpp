#include "jobs/migrate/load.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::migrate {
namespace {

using State = db::MigrationState::State;

const char* state_name(State state) {
    switch (state) {
    case State::pending:
        return "pending";
    case State::applied:
        return "applied";
    case State::changed:
        return "changed";
    }
    return "";
}

} // namespace

std::vector<std::string> areas_of(std::span<const Embedded> files) {
    std::vector<std::string> areas{"ops"};
    for (const Embedded& file : files) {
        const auto parts = split(file.path, '/');
        if (parts.size() == 3 && std::find(areas.begin(), areas.end(), parts[1]) == areas.end())
            areas.emplace_back(parts[1]);
    }
    return areas;
}

std::vector<Line> status(std::span<const Embedded> files, const std::vector<Database>& databases) {
    std::vector<Line> out;
    for (const Database& database : databases) {
        const auto connection = db::connect(database.settings);
        std::vector<std::string> extra;
        const auto states =
            db::migration_status(*connection, db::list_migrations(files, database.areas), extra);
        for (const db::MigrationState& s : states)
            out.push_back({database.name, s.migration.area, s.migration.name, s.migration.number,
                           state_name(s.state), s.applied_at});
        for (const std::string& name : extra) { // area/NNNN_name
            const auto slash = name.find('/');
            out.push_back({database.name, name.substr(0, slash), name.substr(slash + 6),
                           static_cast<int>(*parse_int(name.substr(slash + 1, 4))), "unknown", ""});
        }
    }
    return out;
}

std::vector<db::Migration> pending(std::span<const Embedded> files, const Database& database) {
    const auto connection = db::connect(database.settings);
    std::vector<std::string> extra;
    const auto states =
        db::migration_status(*connection, db::list_migrations(files, database.areas), extra);
    db::check_migrations(states, extra);
    std::vector<db::Migration> out;
    for (const db::MigrationState& s : states)
        if (s.state == State::pending)
            out.push_back(s.migration);
    return out;
}

std::string plan(std::span<const Embedded> files, const std::vector<Database>& databases) {
    std::string out;
    for (const Database& database : databases)
        for (const db::Migration& m : pending(files, database))
            out += fmt::format("-- {}\n{}\n", full_name(database, m), m.sql);
    return out;
}

std::string full_name(const Database& database, const db::Migration& m) {
    return fmt::format("{}: {}/{:04}_{}", database.name, m.area, m.number, m.name);
}

} // namespace harmonia::migrate

#include "jobs/migrate/run.hpp"

#include "core/base/stop.hpp"
#include "core/db/partitions.hpp"

#include <fmt/format.h>

namespace harmonia::migrate {
namespace {

constexpr int k_look_again_ms = 500;

// Empty when every database is current, otherwise why it is not.
std::string not_current(std::span<const Embedded> files, const std::vector<Database>& databases) {
    for (Database database : databases) {
        database.settings.connect_wait = {}; // await() waits, with its own limit
        try {
            const auto missing = pending(files, database);
            if (!missing.empty())
                return fmt::format("{} is pending", full_name(database, missing.front()));
        } catch (const db::Failure& failure) {
            if (failure.exit() != Exit::unavailable)
                throw;
            return failure.what();
        }
    }
    return {};
}

} // namespace

Applied apply(std::span<const Embedded> files, const std::vector<Database>& databases,
              const std::string& version) {
    Applied out;
    for (const Database& database : databases) {
        const auto connection = db::connect(database.settings);
        for (const db::Migration& m :
             db::apply_migrations(*connection, db::list_migrations(files, database.areas), version))
            out.migrations.push_back(full_name(database, m));
        for (const std::string& partition : db::ensure_partitions(*connection))
            out.partitions.push_back(fmt::format("{}: {}", database.name, partition));
        throw_if_stopped();
    }
    return out;
}

void await(std::span<const Embedded> files, const std::vector<Database>& databases,
           std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (true) {
        const std::string reason = not_current(files, databases);
        if (reason.empty())
            return;
        if (std::chrono::steady_clock::now() >= deadline)
            throw Error(
                Exit::try_again,
                fmt::format("the schema is not current after {} ms: {}", limit.count(), reason),
                "Run harmonia migrate where migrations are run, then try again.");
        if (sleep_unless_stopped(k_look_again_ms))
            throw_if_stopped();
    }
}

} // namespace harmonia::migrate

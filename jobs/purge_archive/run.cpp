#include "jobs/purge_archive/run.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/db/lock.hpp"
#include "core/db/partitions.hpp"
#include "jobs/purge_archive/load.hpp"
#include "jobs/purge_archive/store.hpp"

#include <algorithm>

namespace harmonia::purge_archive {
namespace {

namespace fs = std::filesystem;

/// A path in a configuration may be mistyped: files are removed below such folders only that do not
/// contain the imports.
void check_folders(const Plan& plan) {
    for (const fs::path& folder : plan.folders) {
        const fs::path real = fs::weakly_canonical(folder);
        const fs::path imports = fs::weakly_canonical(plan.imports);
        const auto [end, rest] =
            std::mismatch(real.begin(), real.end(), imports.begin(), imports.end());
        if (end == real.end())
            throw Error(Exit::config,
                        folder.string() + " contains the imports: nothing may be removed below it",
                        "Set import.archive and import.rejected to separate folders.");
    }
}

struct Purge {
    db::Connection& connection;
    const Plan& plan;
    Cutoffs at;
    Outcome outcome;

    [[nodiscard]] bool wants(Area area) const {
        return std::find(plan.areas.begin(), plan.areas.end(), area) != plan.areas.end();
    }

    void table(db::Connection& where, const Table& one) {
        const auto count = plan.dry_run ? count_old(where, one) : purge_table(where, one);
        outcome.counts.emplace_back(one.name.substr(one.name.find('.') + 1),
                                    static_cast<std::int64_t>(count));
    }

    void tables() {
        for (const Table& one : purge_archive::tables(at))
            if (wants(one.area))
                table(connection, one);
    }

    void accounts() {
        if (!wants(Area::accounts) || plan.accounts_before.empty())
            return;
        const auto where = db::connect(plan.accounts_database);
        refuse_early_loss(*where, plan.accounts_before);
        if (!plan.dry_run)
            raise_threshold(*where, plan.accounts_before);
        for (const Table& one : account_tables(plan.accounts_before))
            table(*where, one);
    }

    void partitions() {
        std::int64_t count = 0, bytes = 0;
        for (const auto& [area, name, cutoff] : partitioned(at)) {
            if (!wants(area))
                continue;
            for (const db::Partition& partition : db::old_partitions(connection, name, cutoff)) {
                throw_if_stopped();
                if (!plan.dry_run && !drop(partition))
                    continue;
                ++count;
                bytes += partition.bytes;
            }
        }
        if (wants(Area::records) || wants(Area::reasons) || wants(Area::screening) ||
            wants(Area::runs)) {
            outcome.counts.emplace_back("partitions", count);
            outcome.counts.emplace_back("partition_bytes", bytes);
        }
    }

    bool drop(const db::Partition& partition) {
        try {
            db::drop_partition(connection, partition);
            return true;
        } catch (const db::Failure& failure) {
            if (failure.exit() != Exit::try_again)
                throw;
            log::warn("partition in use, left to the next run", {{"table", partition.name}});
            ++outcome.busy;
            return false;
        }
    }

    void files() {
        if (!wants(Area::files))
            return;
        std::int64_t count = 0;
        for (const fs::path& folder : plan.folders) {
            for (const fs::path& file : old_files(folder, at.today - plan.retention.files)) {
                throw_if_stopped();
                if (!plan.dry_run)
                    remove_file(folder, file);
                ++count;
            }
        }
        outcome.counts.emplace_back("files", count);
    }
};

} // namespace

Outcome run(const db::Settings& settings, const Plan& plan) {
    check_folders(plan);
    const auto connection = db::connect(settings);
    const auto alone = db::SessionLock::acquire(*connection, db::LockClass::purge, "purge-archive",
                                                std::chrono::milliseconds(0));
    if (!alone)
        throw Error(Exit::try_again, "another purge-archive is running");
    Purge purge{*connection, plan, cutoffs(*connection, plan.retention), {}};
    purge.tables();
    purge.partitions();
    purge.files();
    purge.accounts();
    return std::move(purge.outcome);
}

} // namespace harmonia::purge_archive

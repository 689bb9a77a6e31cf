#include "jobs/purge_archive/load.hpp"

#include "core/base/error.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

namespace harmonia::purge_archive {

std::uint64_t count_old(db::Connection& connection, const Table& table) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result counted = tx.exec(fmt::format("SELECT count(*) AS rows FROM {} AS {} WHERE {}",
                                                   table.name, table.alias, table.old));
    return static_cast<std::uint64_t>(counted.only().integer("rows"));
}

void refuse_early_loss(db::Connection& connection, const std::string& before) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    const db::Result found = tx.exec(R"(
        SELECT (SELECT count(*)
                FROM accounts.pending_balance_change
                WHERE committed_at < $1::timestamptz) +
               (SELECT count(*)
                FROM ops.outbox
                WHERE area = 'accounts'
                  AND kind = 'PendingBalanceChange'
                  AND created_at < $1::timestamptz) AS pending)",
                                     before);
    const std::int64_t pending = found.only().integer("pending");
    if (pending > 0)
        throw Error(Exit::config,
                    fmt::format("{} balance changes from before accounts.archive_threshold are "
                                "still pending",
                                pending),
                    "Choose an earlier date, or settle and export them first.");
}

std::vector<std::filesystem::path> old_files(const std::filesystem::path& base, long long day) {
    namespace fs = std::filesystem;
    std::vector<fs::path> found;
    std::error_code ignored;
    if (!fs::is_directory(base, ignored))
        return found;
    try {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(base)) {
            struct stat info {};
            if (::lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode))
                continue;
            const std::string relative = entry.path().lexically_relative(base).string();
            if (day_put_away(relative, info.st_ctim.tv_sec) < day)
                found.push_back(entry.path());
        }
    } catch (const fs::filesystem_error& error) {
        throw Error(Exit::io,
                    fmt::format("cannot list {}: {}", base.string(), error.code().message()));
    }
    std::sort(found.begin(), found.end());
    return found;
}

} // namespace harmonia::purge_archive

// Which rows of which table are old, as SQL conditions over the table's alias. No condition depends
// on another table having been purged before, so counting (--dry-run) says exactly what would go.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/purge_archive/decide.hpp"

#include <string>
#include <vector>

namespace harmonia::purge_archive {

/// Instants as timestamptz strings; what was created before may go.
struct Cutoffs {
    std::string settled, pending, guard, reasons, runs;
    long long today = 0;      ///< days since 1970, UTC
    long long windows_us = 0; ///< where the longest window of a judging rule set begins
};
[[nodiscard]] Cutoffs cutoffs(db::Connection& connection, const Retention& retention);

struct Table {
    Area area;
    std::string name;  ///< schema.table
    std::string alias; ///< that `old` uses
    std::string old;
    /// WITH queries that keep a summary of `gone`, the rows removed; empty: none.
    std::string kept = {};
};
[[nodiscard]] std::vector<Table> tables(const Cutoffs& cutoffs);

/// The accounting authority's archive of balance changes, folded into sums by account, so that
/// balances can still be proved. `before`: a timestamptz string. A registration whose change is not
/// applied yet stays.
[[nodiscard]] std::vector<Table> account_tables(const std::string& before);

/// A table whose partitions are dropped once they end before `cutoff`.
struct Partitioned {
    Area area;
    std::string name;
    std::string cutoff; ///< timestamptz string
};
[[nodiscard]] std::vector<Partitioned> partitioned(const Cutoffs& cutoffs);

} // namespace harmonia::purge_archive

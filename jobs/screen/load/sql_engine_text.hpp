// The statements of the SQL engine: tables for a history's columns and the one statement that
// computes every feature from them. Pure.
#pragma once

#include "jobs/screen/facts/rational.hpp"
#include "jobs/screen/rules/ruleset.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harmonia::screen {

/// `feature_row` has one row per row of the history. Its columns, in order: row_no (the History's
/// number, which decides ties), event_us, judged, verdict (the number of an Outcome), stop and here
/// (for journeys), `fields` by their names (raw_value()), then one boolean per mask: `w<feature>`
/// for `where`, `s<feature>` for the `of` of a share. `fraud_period` has row_no, from_us, until_us.
struct FeatureSql {
    std::vector<Field> fields;
    std::vector<std::size_t> where, share_of; ///< features that have a mask
    std::vector<std::string> columns;
    std::string tables;  ///< CREATE TEMP TABLE …
    std::string indexes; ///< to be created when the tables are filled
    /// One row per judged row, in order: row_no; for each feature its columns_of() columns, n
    /// (null: missing), value or sum, squares; for journeys the last stop before (null: none) and
    /// an array of the others at the same moment (null: none).
    std::string query;
};
[[nodiscard]] FeatureSql feature_sql(const Ruleset& ruleset);

/// How many of n, value, sum and squares the query returns for a feature.
[[nodiscard]] std::size_t columns_of(Aggregate aggregate);

/// An integer of any length modulo 2^128, just as sums of squares in memory wrap around.
[[nodiscard]] Int128 wrapped_integer(std::string_view digits);

} // namespace harmonia::screen

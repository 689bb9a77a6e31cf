// What the SQL engine says to the server: tables of a history's columns and the one statement that
// works every feature out of them. Pure.
#pragma once

#include "jobs/screen/exact.hpp"
#include "jobs/screen/ruleset.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace harmonia::screen {

/// `feature_row` has one row a row of the history. Its columns, in order: row_no (the History's
/// number, which is the order of ties), event_us, judged, verdict (an Outcome's number), stop and
/// here (of journeys), `fields` by their names (raw_value()), then one boolean a mask:
/// `w<feature>` for `where`, `s<feature>` for what a share is of.
/// `fraud_period` has row_no, from_us, until_us.
struct FeatureSql {
    std::vector<Field> fields;
    std::vector<std::size_t> where, share_of; ///< features that have a mask
    std::vector<std::string> columns;
    std::string tables;  ///< CREATE TEMP TABLE …
    std::string indexes; ///< to be made when the tables are filled
    /// One row a judged row, in order: row_no; for each feature what FeatureColumn has of n (null:
    /// missing), value or sum, squares; of journeys the last stop before (null: none) and the
    /// others of the same moment, an array (null: none).
    std::string query;
};
[[nodiscard]] FeatureSql feature_sql(const Ruleset& ruleset);

/// How many of n, value, sum and squares a feature has.
[[nodiscard]] std::size_t columns_of(Aggregate aggregate);

/// An integer of any length modulo 2^128, as sums of squares in memory wrap round.
[[nodiscard]] Int128 wrapped_integer(std::string_view digits);

} // namespace harmonia::screen

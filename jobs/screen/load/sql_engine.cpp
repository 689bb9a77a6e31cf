#include "jobs/screen/load/sql_engine.hpp"

#include "core/base/check.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "jobs/screen/load/sql_engine_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace harmonia::screen {

namespace {

/// Judged rows per FETCH: a few megabytes.
constexpr std::size_t k_fetch_rows = 10'000;
/// Rows between two checks for a stop.
constexpr std::size_t k_stop_check_rows = 100'000;

std::int64_t number(std::string_view text) {
    const auto value = parse_int(text);
    HARMONIA_CHECK(value.has_value());
    return *value;
}

/// In the order of FeatureSql::columns.
void send_rows(db::Transaction& tx, const FeatureInput& input, const FeatureSql& sql) {
    const History& history = input.history;
    std::vector<RowMask> masks;
    for (const std::size_t feature : sql.where)
        masks.push_back(input.mask(input.ruleset.features[feature].where));
    for (const std::size_t feature : sql.share_of)
        masks.push_back(input.mask(input.ruleset.features[feature].share_of));
    db::CopyIn copy(tx, "feature_row", sql.columns);
    std::size_t judged = 0;
    for (std::size_t row = 0; row < history.size(); ++row) {
        if (row % k_stop_check_rows == 0)
            throw_if_stopped();
        const bool wanted = judged < history.judged().size() && history.judged()[judged] == row;
        judged += wanted ? 1 : 0;
        const bool here = position_of(history, row) && !history.received_time(row);
        copy.field(row).field(history.event_us(row)).field(wanted);
        copy.field(static_cast<int>(history.verdict(row))).field(is_stop(history, row)).field(here);
        for (const Field field : sql.fields)
            copy.field(raw_value(history, field, row));
        for (const RowMask& mask : masks)
            copy.field(mask[row] != 0);
        copy.end_row();
    }
    copy.finish();
}

void send_labels(db::Transaction& tx, const FeatureInput& input) {
    db::CopyIn copy(tx, "fraud_period", {"row_no", "from_us", "until_us"});
    for (const auto& period : input.history.fraud_periods(input.label_asof_us)) {
        copy.field(period.row).field(period.from_us).field(period.until_us);
        copy.end_row();
    }
    copy.finish();
}

/// One row of the result, read column by column.
struct Answer {
    const db::Result& rows;
    std::size_t row;
    std::size_t at = 0;
    [[nodiscard]] bool is_null() const { return rows.is_null(row, at); }
    [[nodiscard]] std::string_view next() { return rows.text(row, at++); }
};

void read_feature(Answer& answer, Aggregate aggregate, FeatureValues& values, std::size_t index) {
    const bool missing = answer.is_null();
    const std::string_view n = answer.next();
    if (!missing)
        values.n[index] = static_cast<std::uint32_t>(number(n));
    for (std::size_t i = 1; i < columns_of(aggregate); ++i) {
        const bool empty = answer.is_null();
        const std::string_view text = answer.next();
        if (missing || empty) // a null here is the sum of no rows
            continue;
        if (!values.value.empty())
            values.value[index] = number(text);
        else
            (i == 1 ? values.sum : values.squares)[index] = wrapped_integer(text);
    }
}

// The server finds the stops; distances are the same arithmetic for every engine.
void read_travel(Answer& answer, const History& history, TravelValues& travel, std::size_t index) {
    const std::size_t row = history.judged()[index];
    const auto distance = [&](std::size_t stop) {
        const auto there = position_of(history, stop);
        const auto here = position_of(history, row);
        HARMONIA_CHECK(there && here);
        return distance_m(there->lat, there->lon, here->lat, here->lon);
    };
    const bool first_stop = answer.is_null();
    const std::string_view before = answer.next();
    const bool alone = answer.is_null();
    const std::string_view beside = answer.next(); // {1,5}
    if (!alone) {
        std::vector<std::int64_t> stops = db::integers_from(beside);
        std::sort(stops.begin(), stops.end(), std::greater<>());
        for (const std::int64_t stop : stops) {
            travel.metres[index] = distance(static_cast<std::size_t>(stop));
            if (travel.metres[index] > 0)
                return;
        }
    }
    if (!first_stop) {
        const auto stop = static_cast<std::size_t>(number(before));
        travel.metres[index] = distance(stop);
        travel.gap_us[index] = history.event_us(row) - history.event_us(stop);
    }
}

FeatureTable fetch_features(db::Transaction& tx, const FeatureInput& input, const FeatureSql& sql) {
    const auto judged = input.history.judged();
    std::vector<FeatureValues> values;
    for (const Feature& feature : input.ruleset.features)
        values.push_back(no_values(feature, judged.size()));
    TravelValues travel(input.ruleset.travels ? judged.size() : 0);
    tx.exec("DECLARE features NO SCROLL CURSOR FOR " + sql.query);
    const std::string fetch = fmt::format("FETCH {} FROM features", k_fetch_rows);
    std::size_t index = 0;
    for (auto rows = tx.exec(fetch); !rows.empty(); rows = tx.exec(fetch)) {
        throw_if_stopped();
        for (std::size_t i = 0; i < rows.size(); ++i, ++index) {
            Answer answer{rows, i};
            HARMONIA_CHECK(index < judged.size() && number(answer.next()) == judged[index]);
            for (std::size_t feature = 0; feature < values.size(); ++feature)
                read_feature(answer, input.ruleset.features[feature].aggregate, values[feature],
                             index);
            if (input.ruleset.travels)
                read_travel(answer, input.history, travel, index);
        }
    }
    HARMONIA_CHECK(index == judged.size());
    std::vector<FeatureColumn> columns;
    for (FeatureValues& each : values)
        columns.emplace_back(std::move(each));
    return {std::move(columns), TravelColumn(travel)};
}

} // namespace

FeatureSource features_by_sql(const db::Settings& settings) {
    return [settings](const FeatureInput& input) {
        const FeatureSql sql = feature_sql(input.ruleset);
        const auto connection = db::connect(settings);
        db::Transaction tx(*connection);
        // All rows are fetched, not only the first; JIT compilation takes longer than the
        // statement.
        tx.script("SET LOCAL cursor_tuple_fraction = 1; SET LOCAL jit = off");
        tx.script(sql.tables);
        send_rows(tx, input, sql);
        send_labels(tx, input);
        tx.script(sql.indexes);
        return fetch_features(tx, input, sql);
    };
}

} // namespace harmonia::screen

#include "jobs/screen/load/sql_engine_text.hpp"

#include "core/base/check.hpp"
#include "jobs/screen/features/feature.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::screen {

namespace {

/// Whether only rows strictly before the row's own time count.
bool before_only(Aggregate aggregate) {
    return aggregate == Aggregate::last || aggregate == Aggregate::nth_last ||
           aggregate == Aggregate::since_last;
}

/// With fewer rows the value is missing.
std::uint32_t min_rows(const Feature& feature) {
    switch (feature.aggregate) {
    case Aggregate::count:
    case Aggregate::sum:
    case Aggregate::distinct:
    case Aggregate::labels:
    case Aggregate::verdicts:
        return feature.min_n;
    default:
        return std::max(feature.min_n, feature.nth); // nth is 1 except for nth_last
    }
}

/// The first columns of feature_row; fields and masks follow.
struct FixedColumn {
    const char *name, *type;
};
constexpr FixedColumn k_fixed_columns[] = {
    {"row_no", "bigint PRIMARY KEY"}, {"event_us", "bigint"}, {"judged", "boolean"},
    {"verdict", "smallint"},          {"stop", "boolean"},    {"here", "boolean"},
};

std::string joined(const std::vector<std::string>& parts, const char* between) {
    std::string out;
    for (const std::string& part : parts)
        out += (out.empty() ? "" : between) + part;
    return out;
}

std::string key_list(const std::vector<Field>& by, const std::string& prefix) {
    std::vector<std::string> parts;
    for (const Field field : by)
        parts.push_back(prefix + field_name(field));
    return joined(parts, ", ");
}

class Writer {
public:
    explicit Writer(const Ruleset& ruleset) : ruleset_(ruleset) {}
    FeatureSql write();

private:
    void add_field(Field field);
    void columns();
    void tables();
    void feature(std::size_t number);
    void window_feature(std::size_t number, const std::string& counts);
    void lateral(std::size_t number, const std::string& counts);
    void travel();
    [[nodiscard]] std::string counts(std::size_t number, const std::string& prefix) const;
    std::string window(const std::vector<Field>& by, const std::string& frame);
    std::string frame_of(const Feature& feature) const;
    std::string define(std::vector<std::string>& definitions, const char* letter,
                       const std::string& text);

    const Ruleset& ruleset_;
    FeatureSql sql_;
    std::vector<std::string> partitions_, windows_; ///< definitions p0 …, f0 …
    std::vector<std::string> inner_, outer_, laterals_, indexed_;
};

void Writer::add_field(Field field) {
    if (std::find(sql_.fields.begin(), sql_.fields.end(), field) == sql_.fields.end())
        sql_.fields.push_back(field);
}

void Writer::columns() {
    for (const FixedColumn& column : k_fixed_columns)
        sql_.columns.emplace_back(column.name);
    for (std::size_t i = 0; i < ruleset_.features.size(); ++i) {
        const Feature& feature = ruleset_.features[i];
        for (const Field field : feature.by)
            add_field(field);
        if (reads_field(feature.aggregate))
            add_field(feature.of);
        if (!feature.where.empty())
            sql_.where.push_back(i);
        if (!feature.share_of.empty())
            sql_.share_of.push_back(i);
    }
    if (ruleset_.travels)
        add_field(Field::card);
    for (const Field field : sql_.fields)
        sql_.columns.emplace_back(field_name(field));
    for (const std::size_t feature : sql_.where)
        sql_.columns.push_back(fmt::format("w{}", feature));
    for (const std::size_t feature : sql_.share_of)
        sql_.columns.push_back(fmt::format("s{}", feature));
}

void Writer::tables() {
    constexpr std::size_t k_fixed = std::size(k_fixed_columns);
    std::vector<std::string> columns;
    for (std::size_t i = 0; i < sql_.columns.size(); ++i) {
        const char* type = i < k_fixed                        ? k_fixed_columns[i].type
                           : i < k_fixed + sql_.fields.size() ? "bigint"
                                                              : "boolean";
        columns.push_back(sql_.columns[i] + " " + type);
    }
    sql_.tables = fmt::format(R"(
        CREATE TEMP TABLE feature_row ({}) ON COMMIT DROP;
        CREATE TEMP TABLE fraud_period (row_no bigint, from_us bigint, until_us bigint)
            ON COMMIT DROP;)",
                              joined(columns, ", "));
    sql_.indexes = R"(
        CREATE INDEX ON fraud_period (row_no);
        ANALYZE feature_row;
        ANALYZE fraud_period;)";
    for (const std::string& keys : indexed_)
        sql_.indexes += fmt::format(" CREATE INDEX ON feature_row ({}, event_us);", keys);
}

/// Which rows count for a feature, as a condition; empty: all.
std::string Writer::counts(std::size_t number, const std::string& prefix) const {
    const Feature& feature = ruleset_.features[number];
    std::vector<std::string> parts;
    if (!feature.where.empty())
        parts.push_back(fmt::format("{}w{}", prefix, number));
    if (reads_field(feature.aggregate))
        parts.push_back(fmt::format("{}{} IS NOT NULL", prefix, field_name(feature.of)));
    if (feature.aggregate == Aggregate::verdicts)
        parts.push_back(fmt::format("{}verdict = {}", prefix, static_cast<int>(feature.verdict)));
    return joined(parts, " AND ");
}

std::string Writer::define(std::vector<std::string>& definitions, const char* letter,
                           const std::string& text) {
    const auto found = std::find(definitions.begin(), definitions.end(), text);
    const auto number = static_cast<std::size_t>(found - definitions.begin());
    if (found == definitions.end())
        definitions.push_back(text);
    return letter + std::to_string(number);
}

// Rows without a part of the key are partitions of their own; otherwise they would share a window.
std::string Writer::window(const std::vector<Field>& by, const std::string& frame) {
    const std::string keys = key_list(by, "h.");
    const std::string partition =
        define(partitions_, "p",
               fmt::format("PARTITION BY {0}, CASE WHEN num_nulls({0}) > 0 THEN h.row_no END "
                           "ORDER BY h.event_us",
                           keys));
    return define(windows_, "f", partition + " RANGE BETWEEN " + frame);
}

std::string Writer::frame_of(const Feature& feature) const {
    const std::int64_t until =
        before_only(feature.aggregate) ? std::max<std::int64_t>(feature.lag_us, 1) : feature.lag_us;
    return fmt::format("{} PRECEDING AND {} PRECEDING{}", feature.over_us + feature.lag_us, until,
                       feature.current ? "" : " EXCLUDE CURRENT ROW");
}

void Writer::window_feature(std::size_t number, const std::string& counts) {
    const Feature& feature = ruleset_.features[number];
    const std::string field = fmt::format("h.{}", field_name(feature.of));
    const std::string over = window(feature.by, frame_of(feature));
    const auto add = [&](const std::string& what, const char* letter, const std::string& also) {
        const std::string filter =
            counts.empty() || also.empty() ? counts + also : counts + " AND " + also;
        inner_.push_back(fmt::format("{}{} OVER {} AS {}{}", what,
                                     filter.empty() ? "" : " FILTER (WHERE " + filter + ")", over,
                                     letter, number));
    };
    add("count(*)", "n", "");
    switch (feature.aggregate) {
    case Aggregate::stddev:
        add(fmt::format("sum({0}::numeric * {0})", field), "q", "");
        [[fallthrough]];
    case Aggregate::sum:
    case Aggregate::avg:
        return add("sum(" + field + ")", "v", "");
    case Aggregate::share:
        return add("count(*)", "v", fmt::format("h.s{}", number));
    case Aggregate::min:
        return add("min(" + field + ")", "v", "");
    case Aggregate::max:
        return add("max(" + field + ")", "v", "");
    case Aggregate::first_at:
        return add("min(h.event_us)", "v", "");
    case Aggregate::since_last:
        return add("max(h.event_us)", "v", "");
    default:
        return;
    }
}

// What window functions of PostgreSQL cannot do: count distinct values, join, take the nth of the
// rows that pass a filter.
void Writer::lateral(std::size_t number, const std::string& counts) {
    const Feature& feature = ruleset_.features[number];
    const std::string field = fmt::format("h.{}", field_name(feature.of));
    std::string what, from = "feature_row h", order;
    if (feature.aggregate == Aggregate::distinct) {
        what = fmt::format("count(*) AS n{0}, count(DISTINCT {1}) AS v{0}", number, field);
    } else if (feature.aggregate == Aggregate::labels) {
        what = fmt::format("count(*) AS n{}", number);
        from += " JOIN fraud_period f USING (row_no)";
    } else {
        what = fmt::format("{} AS v{}", field, number);
        order = fmt::format(" ORDER BY h.row_no DESC OFFSET {} LIMIT 1", feature.nth - 1);
    }
    const std::int64_t until =
        before_only(feature.aggregate) ? std::max<std::int64_t>(feature.lag_us, 1) : feature.lag_us;
    std::vector<std::string> where;
    for (const Field key : feature.by)
        where.push_back(fmt::format("h.{0} = r.{0}", field_name(key)));
    where.push_back(fmt::format("h.event_us BETWEEN r.event_us - {} AND r.event_us - {}",
                                feature.over_us + feature.lag_us, until));
    if (!counts.empty())
        where.push_back(counts);
    if (feature.aggregate == Aggregate::labels)
        where.emplace_back("f.from_us <= r.event_us AND r.event_us < f.until_us");
    if (!feature.current)
        where.emplace_back("h.row_no <> r.row_no");
    laterals_.push_back(fmt::format(R"(
          LEFT JOIN LATERAL (
               SELECT {}
                 FROM {}
                WHERE {}{}) l{} ON true)",
                                    what, from, joined(where, " AND "), order, number));
    define(indexed_, "", key_list(feature.by, ""));
}

void Writer::feature(std::size_t number) {
    const Feature& feature = ruleset_.features[number];
    const std::string filter = counts(number, "h.");
    const bool only_lateral =
        feature.aggregate == Aggregate::distinct || feature.aggregate == Aggregate::labels;
    const bool nth =
        feature.aggregate == Aggregate::last || feature.aggregate == Aggregate::nth_last;
    if (only_lateral || nth)
        lateral(number, filter);
    if (!only_lateral)
        window_feature(number, filter);
    const std::string n = fmt::format("n{}", number);
    outer_.push_back(fmt::format("CASE WHEN num_nulls({}) = 0 AND {} >= {} THEN {} END",
                                 key_list(feature.by, "r."), n, min_rows(feature), n));
    if (columns_of(feature.aggregate) == 1)
        return;
    if (feature.aggregate == Aggregate::since_last)
        outer_.push_back(fmt::format("r.event_us - v{}", number));
    else
        outer_.push_back(fmt::format("v{}", number));
    if (feature.aggregate == Aggregate::stddev)
        outer_.push_back(fmt::format("q{}", number));
}

void Writer::travel() {
    const std::vector<Field> card{Field::card};
    inner_.push_back("max(h.row_no) FILTER (WHERE h.stop) OVER " +
                     window(card, fmt::format("{} PRECEDING AND 1 PRECEDING", k_travel_us)) +
                     " AS stop_before");
    inner_.push_back("array_agg(h.row_no) FILTER (WHERE h.stop) OVER " +
                     window(card, "CURRENT ROW AND CURRENT ROW EXCLUDE CURRENT ROW") +
                     " AS stops_beside");
    for (const char* column : {"stop_before", "stops_beside"})
        outer_.push_back(fmt::format("CASE WHEN r.here THEN r.{} END", column));
}

FeatureSql Writer::write() {
    columns();
    inner_ = {"h.row_no", "h.event_us", "h.judged", "h.here"};
    for (const Field field : sql_.fields)
        inner_.push_back(fmt::format("h.{}", field_name(field)));
    outer_ = {"r.row_no"};
    for (std::size_t i = 0; i < ruleset_.features.size(); ++i)
        feature(i);
    if (ruleset_.travels)
        travel();
    std::vector<std::string> windows;
    for (std::size_t i = 0; i < partitions_.size(); ++i)
        windows.push_back(fmt::format("p{} AS ({})", i, partitions_[i]));
    for (std::size_t i = 0; i < windows_.size(); ++i)
        windows.push_back(fmt::format("f{} AS ({})", i, windows_[i]));
    sql_.query = fmt::format(R"(
        SELECT {}
          FROM (SELECT {}
                  FROM feature_row h{}) r
               {}
         WHERE r.judged
         ORDER BY r.row_no)",
                             joined(outer_, ",\n  "), joined(inner_, ",\n  "),
                             windows.empty() ? "" : "\nWINDOW " + joined(windows, ",\n  "),
                             joined(laterals_, "\n"));
    tables();
    return std::move(sql_);
}

} // namespace

FeatureSql feature_sql(const Ruleset& ruleset) {
    return Writer(ruleset).write();
}

std::size_t columns_of(Aggregate aggregate) {
    switch (aggregate) {
    case Aggregate::count:
    case Aggregate::labels:
    case Aggregate::verdicts:
        return 1;
    case Aggregate::stddev:
        return 3;
    default:
        return 2;
    }
}

Int128 wrapped_integer(std::string_view digits) {
    const bool negative = digits.starts_with('-');
    UInt128 value = 0;
    for (const char digit : digits.substr(negative ? 1 : 0)) {
        HARMONIA_CHECK(digit >= '0' && digit <= '9');
        value = value * 10 + static_cast<unsigned>(digit - '0');
    }
    return static_cast<Int128>(negative ? -value : value);
}

} // namespace harmonia::screen

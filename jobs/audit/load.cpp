#include "jobs/audit/load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::audit {
namespace {

struct Check {
    const char* area;
    const char* name;
    const char* rule;
    const char* query;
};

constexpr Check k_checks[] = {
#define CHECK(area, name, rule, query) {#area, #name, rule, query},
#include "jobs/audit/checks.def"
#undef CHECK
};

Finding run(db::Transaction& snapshot, const Check& check) {
    Finding finding{check.area, check.name, check.rule, {}, {}, 0};
    const db::Result result = snapshot.run(
        fmt::format("SELECT count(*) OVER () AS broken_rows, broken.* FROM ({}) broken LIMIT {}",
                    check.query, k_rows_shown),
        {});
    for (std::size_t column = 1; column < result.columns(); ++column)
        finding.columns.emplace_back(result.column_name(column));
    for (std::size_t row = 0; row < result.size(); ++row) {
        auto& cells = finding.rows.emplace_back();
        for (std::size_t column = 1; column < result.columns(); ++column)
            cells.emplace_back(result.is_null(row, column) ? "-" : result.text(row, column));
        finding.total = static_cast<std::size_t>(result.integer(row, 0));
    }
    return finding;
}

} // namespace

const std::vector<std::string>& areas() {
    static const std::vector<std::string> k_areas{"ops", "harmonia", "screening", "accounts"};
    return k_areas;
}

std::vector<Finding> check(db::Transaction& snapshot, const std::vector<std::string>& areas) {
    std::vector<Finding> findings;
    for (const Check& one : k_checks)
        if (std::find(areas.begin(), areas.end(), one.area) != areas.end())
            findings.push_back(run(snapshot, one));
    return findings;
}

} // namespace harmonia::audit

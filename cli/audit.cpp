#include "cli/command.hpp"
#include "cli/output.hpp"
#include "jobs/audit/load.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace harmonia::cli {
namespace {

std::string finding_text(const audit::Finding& finding) {
    if (finding.total == 0)
        return fmt::format("ok    {}.{}: {}\n", finding.area, finding.name, finding.rule);
    std::vector<std::vector<std::string>> rows{finding.columns};
    rows.insert(rows.end(), finding.rows.begin(), finding.rows.end());
    std::string out = fmt::format("WRONG {}.{}: {} rows break: {}\n{}", finding.area, finding.name,
                                  finding.total, finding.rule, table(rows));
    if (finding.total > finding.rows.size())
        out += fmt::format("... and {} more\n", finding.total - finding.rows.size());
    return out;
}

std::string cells_json(const std::vector<std::string>& cells) {
    std::string out = "[";
    for (const std::string& cell : cells)
        out += (out.size() > 1 ? ", " : "") + json_quoted(cell);
    return out + "]";
}

std::string finding_json(const audit::Finding& finding) {
    std::string rows;
    for (const auto& row : finding.rows)
        rows += (rows.empty() ? "" : ", ") + cells_json(row);
    return fmt::format(
        R"({{"area": {}, "name": {}, "rule": {}, "broken": {}, "columns": {}, "rows": [{}]}})",
        json_quoted(finding.area), json_quoted(finding.name), json_quoted(finding.rule),
        finding.total, cells_json(finding.columns), rows);
}

class Audit : public Command {
public:
    void setup(CLI::App& app) override {
        app.add_option("AREA", areas_, "what to prove: ops, harmonia; all without")
            ->check(CLI::IsMember(audit::areas()));
        app.add_flag("--digest", digest_, "also print the digest of the books");
    }

    Report run(Context& context) override {
        const db::Settings settings = context.database();
        const auto connection = db::connect(settings);
        db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
        Report report;
        check(snapshot, report);
        if (digest_) {
            const audit::Digest digest = audit::digest(settings, snapshot.export_snapshot());
            report.text += fmt::format("digest {}\n", digest.sha256);
            std::string rows;
            for (const auto& [part, count] : digest.rows)
                rows += fmt::format("{}{}: {}", rows.empty() ? "" : ", ", json_quoted(part), count);
            report.data_json +=
                fmt::format(R"(, "digest": "{}", "rows": {{{}}})", digest.sha256, rows);
        }
        report.data_json += "}";
        return report;
    }

private:
    void check(db::Transaction& snapshot, Report& report) const {
        std::int64_t broken = 0;
        std::string json;
        const auto findings = audit::check(snapshot, areas_.empty() ? audit::areas() : areas_);
        for (const audit::Finding& finding : findings) {
            broken += finding.total == 0 ? 0 : 1;
            report.text += finding_text(finding);
            json += (json.empty() ? "" : ", ") + finding_json(finding);
        }
        report.exit = broken == 0 ? Exit::done : Exit::difference;
        report.counts = {{"checks", static_cast<std::int64_t>(findings.size())},
                         {"broken", broken}};
        report.data_json = fmt::format(R"({{"checks": [{}])", json);
    }

    std::vector<std::string> areas_;
    bool digest_ = false;
};

} // namespace

std::unique_ptr<Command> make_audit() {
    return std::make_unique<Audit>();
}

} // namespace harmonia::cli

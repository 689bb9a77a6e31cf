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
        app.add_option("AREA", areas_,
                       "what to prove: ops, harmonia, screening, accounts; all without")
            ->check(CLI::IsMember(audit::areas()));
        app.add_flag("--digest", digest_, "also print the digest of the books");
    }

    // Areas of one database are looked at in one snapshot. `ops` is in every one.
    Report run(Context& context) override {
        const db::Settings first = context.database(), accounts = context.database("accounts");
        const bool apart = first.dsn != accounts.dsn;
        Report report;
        std::int64_t broken = 0, checks = 0;
        std::string found, digests;
        for (const bool second : {false, true}) {
            if (second && !apart)
                continue;
            std::vector<std::string> here = areas_.empty() ? audit::areas() : areas_;
            if (apart)
                std::erase_if(here, [&](const std::string& area) {
                    return area != "ops" && (area == "accounts") != second;
                });
            const db::Settings& settings = second ? accounts : first;
            const auto connection = db::connect(settings);
            db::Transaction snapshot(*connection, db::Transaction::Mode::repeatable_read_only);
            for (const audit::Finding& finding : audit::check(snapshot, here)) {
                ++checks;
                broken += finding.total == 0 ? 0 : 1;
                report.text += finding_text(finding);
                found += (found.empty() ? "" : ", ") + finding_json(finding);
            }
            if (digest_)
                digests += digest(settings, snapshot, apart, second, report);
        }
        report.exit = broken == 0 ? Exit::done : Exit::difference;
        report.counts = {{"checks", checks}, {"broken", broken}};
        report.data_json = fmt::format(R"({{"checks": [{}]{}}})", found, digests);
        return report;
    }

private:
    /// Of the whole books, whatever areas are checked.
    static std::string digest(const db::Settings& settings, db::Transaction& snapshot, bool apart,
                              bool second, Report& report) {
        const audit::Digest digest =
            audit::digest(settings, snapshot.export_snapshot(),
                          second  ? std::vector<std::string>{"ops", "accounts"}
                          : apart ? std::vector<std::string>{"ops", "harmonia", "screening"}
                                  : audit::areas());
        const char* name = second ? "accounts_digest" : "digest";
        report.text += fmt::format("{} {}\n", name, digest.sha256);
        std::string rows;
        for (const auto& [part, count] : digest.rows)
            rows += fmt::format("{}{}: {}", rows.empty() ? "" : ", ", json_quoted(part), count);
        return fmt::format(R"(, "{}": "{}", "{}rows": {{{}}})", name, digest.sha256,
                           second ? "accounts_" : "", rows);
    }

    std::vector<std::string> areas_;
    bool digest_ = false;
};

} // namespace

std::unique_ptr<Command> make_audit() {
    return std::make_unique<Audit>();
}

} // namespace harmonia::cli

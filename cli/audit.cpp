// `harmonia audit`: runs the checks of each database in one snapshot and reports what they found.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/audit/load.hpp"

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

void write_cells(json::Writer& writer, const std::vector<std::string>& cells) {
    writer.open('[');
    for (const std::string& cell : cells)
        writer.string(cell);
    writer.close(']');
}

void write_finding(json::Writer& writer, const audit::Finding& finding) {
    writer.open('{')
        .member("area", finding.area)
        .member("name", finding.name)
        .member("rule", finding.rule)
        .member("broken", finding.total)
        .key("columns");
    write_cells(writer, finding.columns);
    writer.key("rows").open('[');
    for (const auto& row : finding.rows)
        write_cells(writer, row);
    writer.close(']').close('}');
}

class Audit : public Command {
public:
    void setup(Arguments arguments) override {
        arguments
            .texts("AREA", areas_,
                   fmt::format("areas to check: {} [default: all]", join(audit::areas(), ", ")))
            .choices(audit::areas());
        arguments.flag("--digest", digest_, "also print a digest of the books");
    }

    // The areas of one database are checked in one snapshot. `ops` is in every database.
    Report run(Context& context) override {
        const db::Settings first = context.database(), accounts = context.database("accounts");
        const bool apart = first.dsn != accounts.dsn;
        Report report;
        std::int64_t broken = 0, checks = 0;
        std::vector<std::pair<const char*, audit::Digest>> digests; // by the key's prefix
        json::Writer writer;
        writer.open('{').key("checks").open('[');
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
                write_finding(writer, finding);
            }
            if (digest_)
                digests.emplace_back(second ? "accounts_" : "",
                                     digest(settings, snapshot, apart, second));
        }
        report.exit = broken == 0 ? Exit::done : Exit::difference;
        report.counts = {{"checks", checks}, {"broken", broken}};
        writer.close(']');
        for (const auto& [prefix, digest] : digests) {
            report.text += fmt::format("{}digest {}\n", prefix, digest.sha256);
            write_digest(writer, prefix, digest);
        }
        report.data_json = writer.close('}').take();
        return report;
    }

private:
    /// Of the whole books, whatever areas are checked.
    static audit::Digest digest(const db::Settings& settings, db::Transaction& snapshot, bool apart,
                                bool second) {
        return audit::digest(settings, snapshot.export_snapshot(),
                             second  ? std::vector<std::string>{"ops", "accounts"}
                             : apart ? std::vector<std::string>{"ops", "harmonia", "screening"}
                                     : audit::areas());
    }

    static void write_digest(json::Writer& writer, const std::string& prefix,
                             const audit::Digest& digest) {
        writer.member(prefix + "digest", digest.sha256).key(prefix + "rows").open('{');
        for (const auto& [part, count] : digest.rows)
            writer.member(part, count);
        writer.close('}');
    }

    std::vector<std::string> areas_;
    bool digest_ = false;
};

} // namespace

std::unique_ptr<Command> make_audit() {
    return std::make_unique<Audit>();
}

} // namespace harmonia::cli

// `harmonia migrate`: which areas belong to which database, and what was or would be applied.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "cli/frame/version.hpp"
#include "core/json/writer.hpp"
#include "jobs/migrate/run.hpp"
#include "jobs/migrate/store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

constexpr Milliseconds k_await_timeout = std::chrono::seconds(60); // as the help says

// The role whose database holds an area; feeds, matching and exports belong to the default role.
std::string role_of(const std::string& area) {
    return area == "ops" || area == "harmonia" ? "default" : area;
}

std::vector<migrate::Database> databases_of(const Context& context) {
    std::vector<migrate::Database> out;
    for (const std::string& area : migrate::areas_of(embedded::migrations())) {
        const std::string role = role_of(area);
        const auto named = config::lookup(context.config, fmt::format("roles.{}.database", role));
        const std::string name =
            named && named->kind() == config::Value::Kind::scalar ? named->as_text() : "default";
        auto found = std::find_if(out.begin(), out.end(), [&](const migrate::Database& database) {
            return database.name == name;
        });
        if (found == out.end())
            found = out.insert(out.end(), {name, context.database(role), {"ops"}});
        if (area != "ops")
            found->areas.push_back(area);
    }
    return out;
}

std::int64_t count_of(const std::vector<migrate::Line>& lines, std::string_view state) {
    return std::count_if(
        lines.begin(), lines.end(), [&](const migrate::Line& line) { return line.state == state; });
}

std::string lines_json(const std::vector<migrate::Line>& lines) {
    json::Writer writer;
    writer.open('[');
    for (const migrate::Line& line : lines) {
        writer.open('{')
            .member("database", line.database)
            .member("area", line.area)
            .member("number", line.number)
            .member("name", line.name)
            .member("state", line.state)
            .key("applied_at");
        if (line.applied_at.empty())
            writer.null();
        else
            writer.string(line.applied_at);
        writer.close('}');
    }
    return writer.close(']').take();
}

Report report_lines(const std::vector<migrate::Line>& lines) {
    Report report;
    std::vector<std::vector<std::string>> rows{{"database", "migration", "state", "applied at"}};
    for (const migrate::Line& line : lines)
        rows.push_back({line.database,
                        fmt::format("{}/{:04}_{}", line.area, line.number, line.name), line.state,
                        line.applied_at});
    report.text = table(rows);
    report.data_json = lines_json(lines);
    for (const char* state : {"applied", "pending", "changed", "unknown"})
        report.counts.emplace_back(state, count_of(lines, state));
    return report;
}

class Migrate : public Command {
public:
    void setup(Arguments arguments) override {
        arguments.flag("--dry-run", dry_run_, "print the SQL that would run; change nothing");
        status_ = arguments.subcommand("status", "list every migration and its state");
        verify_ = arguments.subcommand(
            "verify", "exit 4 if an applied migration changed or the database is newer");
        await_ = arguments.subcommand("await", "wait until the schema is current");
        await_.duration("--timeout DURATION", timeout_, "how long to wait [default: 60s]");
        new_ = arguments.subcommand("new", "create the next migration file of an area");
        new_.text("AREA", area_, "schema it belongs to, for example harmonia").required();
        new_.text("NAME", name_, "what it does, for example add_currency").required();
        arguments.allow_subcommand();
    }

    // ops.job_run may not exist yet; ops.schema_history records what was done.
    [[nodiscard]] Needs needs() const override {
        return new_.parsed() ? Needs::nothing : Needs::config;
    }

    Report run(Context& context) override {
        if (new_.parsed())
            return {Exit::done, {}, migrate::create(".", area_, name_).string() + "\n", {}};
        const auto databases = databases_of(context);
        const auto files = embedded::migrations();
        if (status_.parsed())
            return report_lines(migrate::status(files, databases));
        if (verify_.parsed()) {
            Report report = report_lines(migrate::status(files, databases));
            for (const auto& [name, count] : report.counts)
                if (count != 0 && (name == "changed" || name == "unknown"))
                    report.exit = Exit::difference;
            return report;
        }
        if (await_.parsed()) {
            migrate::await(files, databases, timeout_.value_or(k_await_timeout));
            return {Exit::done, {}, "the schema is current\n", {}};
        }
        if (dry_run_)
            return plan_report(migrate::plan(files, databases));
        return applied_report(migrate::apply(files, databases, k_version));
    }

private:
    static Report plan_report(std::string sql) {
        Report report;
        report.data_json = json::Writer().string(sql).take();
        report.text = sql.empty() ? "nothing to apply\n" : std::move(sql);
        return report;
    }
    static Report applied_report(const migrate::Applied& applied) {
        Report report;
        report.counts = {{"migrations", static_cast<std::int64_t>(applied.migrations.size())},
                         {"partitions", static_cast<std::int64_t>(applied.partitions.size())}};
        for (const std::string& name : applied.migrations)
            report.text += "applied " + name + "\n";
        for (const std::string& name : applied.partitions)
            report.text += "created partition " + name + "\n";
        if (report.text.empty())
            report.text = "nothing to do\n";
        return report;
    }

    bool dry_run_ = false;
    std::string area_, name_;
    std::optional<Milliseconds> timeout_;
    Arguments status_, verify_, await_, new_;
};

} // namespace

std::unique_ptr<Command> make_migrate() {
    return std::make_unique<Migrate>();
}

} // namespace harmonia::cli

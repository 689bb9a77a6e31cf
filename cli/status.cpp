#include "cli/command.hpp"
#include "cli/output.hpp"
#include "core/base/embedded.hpp"
#include "core/config/config.hpp"
#include "jobs/status/decide.hpp"
#include "jobs/status/load.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

std::string json_list(const std::vector<std::string>& values) {
    std::string out;
    for (const std::string& value : values)
        out += (out.empty() ? "" : ", ") + value;
    return "[" + out + "]";
}

std::string json_of(const status::Service& service) {
    std::vector<std::string> pending, unknown;
    for (const std::string& name : service.schema_pending)
        pending.push_back(json_quoted(name));
    for (const std::string& name : service.schema_unknown)
        unknown.push_back(json_quoted(name));
    return fmt::format(R"({{"name": {}, "dsn": {}, "healthy": {}, "errors": [{}], )"
                       R"("schema_pending": {}, "schema_unknown": {}}})",
                       json_quoted(service.name), json_quoted(service.address), service.healthy,
                       service.error.empty() ? "" : json_quoted(service.error), json_list(pending),
                       json_list(unknown));
}

std::string services_text(const status::Picture& picture) {
    std::vector<std::vector<std::string>> rows;
    for (const status::Service& service : picture.services) {
        std::string state = service.healthy ? "answers" : "does not answer: " + service.error;
        if (!service.schema_pending.empty())
            state += fmt::format(", {} migrations pending", service.schema_pending.size());
        if (!service.schema_unknown.empty())
            state += ", schema of another version";
        rows.push_back({service.name, service.address, state});
    }
    return table(rows);
}

std::string section_text(const status::Section& section) {
    if (section.rows.empty())
        return "";
    std::vector<std::vector<std::string>> rows{section.columns};
    for (const auto& row : section.rows) {
        auto& texts = rows.emplace_back();
        for (const auto& cell : row)
            texts.push_back(cell.value_or(""));
    }
    return "\n" + section.title + "\n" + table(rows);
}

class Status final : public Command {
public:
    // Not recorded: it must work while the database does not.
    [[nodiscard]] Needs needs() const override { return Needs::config; }

    void setup(CLI::App& app) override {
        app.add_flag("--doctor", doctor_, "also say what to do about each problem");
    }

    Report run(Context& context) override {
        const status::Picture picture = look(context);
        Report report;
        report.exit = status::exit_of(picture);
        report.text = services_text(picture);
        std::vector<std::string> services;
        for (const status::Service& service : picture.services)
            services.push_back(json_of(service));
        report.data_json = R"({"services": )" + json_list(services);
        for (const status::Section& section : picture.sections) {
            report.text += section_text(section);
            report.data_json += fmt::format(R"(, "{}": {})", section.name, json_list(section.json));
        }
        const auto advice = status::advise(picture);
        if (doctor_)
            add_advice(advice, report);
        report.data_json += "}";
        report.counts = {{"problems", static_cast<std::int64_t>(advice.size())}};
        return report;
    }

private:
    static status::Picture look(const Context& context) {
        status::Picture picture;
        std::vector<std::string> known;
        for (const CommandEntry& entry : commands())
            known.emplace_back(entry.name);
        const auto names = [&](const char* section) {
            std::vector<std::string> found;
            for (const auto& [name, value] : config::lookup(context.config, section)->map())
                found.push_back(name);
            return found;
        };
        const auto ask = [&](const std::string& name, const std::string& role,
                             const std::vector<std::string>& areas) {
            std::unique_ptr<db::Connection> connection;
            picture.services.push_back(status::ask_database(
                name, context.database(role), embedded::migrations(), areas, connection));
            if (!connection || !picture.services.back().schema_pending.empty())
                return;
            for (status::Section& section : status::ask_sections(*connection, known, areas))
                picture.sections.push_back(std::move(section));
        };
        const auto roles = names("roles");
        const bool apart = std::find(roles.begin(), roles.end(), "accounts") != roles.end();
        std::vector<std::string> areas{"ops", "harmonia"};
        if (!apart)
            areas.emplace_back("accounts");
        ask("postgres", "default", areas);
        for (const std::string& role : roles)
            ask("postgres:" + role, role,
                role == "accounts" ? std::vector<std::string>{"ops", "accounts"}
                                   : std::vector<std::string>{"ops"});
        picture.services.push_back(status::ask_broker("amqp", context.broker()));
        for (const std::string& name : names("brokers"))
            picture.services.push_back(status::ask_broker("amqp:" + name, context.broker(name)));
        return picture;
    }

    static void add_advice(const std::vector<status::Advice>& advice, Report& report) {
        report.text += advice.empty() ? "\nnothing to do\n" : "\nadvice\n";
        std::vector<std::string> json;
        for (const auto& [problem, cure] : advice) {
            report.text += fmt::format("- {}\n  {}\n", problem, cure);
            json.push_back(fmt::format(R"({{"problem": {}, "advice": {}}})", json_quoted(problem),
                                       json_quoted(cure)));
        }
        report.data_json += R"(, "advice": )" + json_list(json);
    }

    bool doctor_ = false;
};

} // namespace

std::unique_ptr<Command> make_status() {
    return std::make_unique<Status>();
}

} // namespace harmonia::cli

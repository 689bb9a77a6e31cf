// `harmonia status`: asks every server, and gives advice.
#include "cli/frame/command.hpp"
#include "cli/frame/output.hpp"
#include "core/base/embedded.hpp"
#include "core/config/config.hpp"
#include "core/json/writer.hpp"
#include "jobs/status/decide.hpp"
#include "jobs/status/load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::cli {
namespace {

void write_names(json::Writer& writer, const char* key, const std::vector<std::string>& names) {
    writer.key(key).open('[');
    for (const std::string& name : names)
        writer.string(name);
    writer.close(']');
}

void write_service(json::Writer& writer, const status::Service& service) {
    writer.open('{')
        .member("name", service.name)
        .member("dsn", service.address)
        .member("healthy", service.healthy);
    write_names(writer, "errors",
                service.error.empty() ? std::vector<std::string>{} : std::vector{service.error});
    write_names(writer, "schema_pending", service.schema_pending);
    write_names(writer, "schema_unknown", service.schema_unknown);
    writer.close('}');
}

void write_section(json::Writer& writer, const status::Section& section) {
    writer.key(section.name).open('[');
    for (const std::string& row : section.json)
        writer.raw(row);
    writer.close(']');
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
    // Not recorded: it must work while the database is down.
    [[nodiscard]] Needs needs() const override { return Needs::config; }

    void setup(Arguments arguments) override {
        arguments.flag("--doctor", doctor_, "also suggest a fix for each problem");
    }

    Report run(Context& context) override {
        const status::Picture picture = look(context);
        Report report;
        report.exit = status::exit_of(picture);
        report.text = services_text(picture);
        json::Writer writer;
        writer.open('{').key("services").open('[');
        for (const status::Service& service : picture.services)
            write_service(writer, service);
        writer.close(']');
        for (const status::Section& section : picture.sections) {
            report.text += section_text(section);
            write_section(writer, section);
        }
        const auto advice = status::advise(picture);
        if (doctor_)
            add_advice(advice, report, writer);
        report.data_json = writer.close('}').take();
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

    static void add_advice(const std::vector<status::Advice>& advice, Report& report,
                           json::Writer& writer) {
        report.text += advice.empty() ? "\nnothing to do\n" : "\nadvice\n";
        writer.key("advice").open('[');
        for (const auto& [problem, cure] : advice) {
            report.text += fmt::format("- {}\n  {}\n", problem, cure);
            writer.open('{').member("problem", problem).member("advice", cure).close('}');
        }
        writer.close(']');
    }

    bool doctor_ = false;
};

} // namespace

std::unique_ptr<Command> make_status() {
    return std::make_unique<Status>();
}

} // namespace harmonia::cli

#include "jobs/status/load.hpp"

#include "core/broker/session.hpp"
#include "core/db/migrate.hpp"
#include "jobs/status/load_sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::status {
namespace {

Section ask(db::Transaction& tx, const Question& question,
            const std::vector<std::string>& commands) {
    const std::string sql = fmt::format("SELECT t.*, to_json(t) FROM ({}) AS t", question.sql);
    const db::Result found = question.by_command ? tx.exec(sql, commands) : tx.exec(sql);
    Section section{question.name, question.title, {}, {}, {}};
    const std::size_t columns = found.columns() - 1;
    for (std::size_t c = 0; c < columns; ++c)
        section.columns.emplace_back(found.column_name(c));
    for (std::size_t r = 0; r < found.size(); ++r) {
        auto& row = section.rows.emplace_back();
        for (std::size_t c = 0; c < columns; ++c)
            row.push_back(found.optional_text(r, c));
        section.json.emplace_back(found.text(r, columns));
    }
    return section;
}

} // namespace

Service ask_database(const std::string& name, const db::Settings& settings,
                     std::span<const Embedded> migrations, const std::vector<std::string>& areas,
                     std::unique_ptr<db::Connection>& connection) {
    Service service;
    service.name = name;
    try {
        service.address = db::masked_dsn(settings.dsn);
        db::Settings once = settings;
        once.connect_wait = std::chrono::milliseconds(0);
        connection = db::connect(once);
        service.healthy = true;
        const auto known = db::list_migrations(migrations, areas);
        std::vector<std::string> extra;
        for (const auto& state : db::migration_status(*connection, known, extra)) {
            const std::string text = fmt::format("{}/{:04}_{}", state.migration.area,
                                                 state.migration.number, state.migration.name);
            if (state.state == db::MigrationState::State::pending)
                service.schema_pending.push_back(text);
            if (state.state == db::MigrationState::State::changed)
                service.schema_unknown.push_back(text);
        }
        service.schema_unknown.insert(service.schema_unknown.end(), extra.begin(), extra.end());
    } catch (const Error& error) {
        service.healthy = false;
        service.error = error.what();
        service.exit = error.exit();
        connection.reset();
    }
    return service;
}

Service ask_broker(const std::string& name, const broker::Settings& settings) {
    Service service;
    service.name = name;
    try {
        service.address = broker::masked_url(settings.url);
        broker::Settings once = settings;
        once.connect_wait_ms = 0;
        const broker::Session session(once);
        service.healthy = true;
    } catch (const Error& error) {
        service.error = error.what();
        service.exit = error.exit();
    }
    return service;
}

std::vector<Section> ask_sections(db::Connection& connection,
                                  const std::vector<std::string>& commands,
                                  const std::vector<std::string>& areas) {
    db::Transaction tx(connection, db::Transaction::Mode::repeatable_read_only);
    std::vector<Section> sections;
    for (const Question& question : questions())
        if (std::find(areas.begin(), areas.end(), question.area) != areas.end())
            sections.push_back(ask(tx, question, commands));
    return sections;
}

} // namespace harmonia::status

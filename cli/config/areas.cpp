#include "cli/config/areas.hpp"

#include "core/broker/settings.hpp"
#include "core/card/card_key.hpp"
#include "core/config/config.hpp"
#include "core/db/connection.hpp"
#include "exporters/target.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/alert/settings.hpp"
#include "jobs/import/run.hpp"
#include "jobs/match/declare.hpp"
#include "jobs/match/run.hpp"
#include "jobs/purge_archive/decide.hpp"
#include "jobs/screen/run.hpp"
#include "jobs/serve/run.hpp"
#include "jobs/settle/accounts/fetch/settings.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"

namespace harmonia::cli {
namespace {

using config::Reader;
using config::Value;

/// The named sections below `section`, for example each of `databases:`.
template <typename Read>
void each(Findings& findings, const char* area, const Value& root, const char* section, Read read) {
    const auto map = config::lookup(root, section);
    if (!map || map->kind() == Value::Kind::null)
        return;
    for (const auto& [name, value] : map->map())
        findings.attempt(area, [&, declared = &value] { read(*declared); });
}

void read_database(const Value& section) {
    Reader reader(section);
    static_cast<void>(db::masked_dsn(reader.text("dsn", "")));
    static_cast<void>(reader.text("password_file", ""));
    reader.finish();
}

void check_databases(const Value& root, Findings& findings) {
    findings.attempt("database", [&] { read_database(*config::lookup(root, "database")); });
    each(findings, "database", root, "databases", read_database);
    each(findings, "database", root, "roles", [&](const Value& role) {
        Reader reader(role);
        const Value name = reader.required("database");
        if (name.as_text() != "default" && !config::lookup(root, "databases." + name.as_text()))
            name.fail("unknown database '" + name.as_text() + "'");
        reader.finish();
    });
}

void read_broker(const Value& section) {
    Reader reader(section);
    if (const auto url = reader.optional("url"))
        static_cast<void>(broker::masked_url(url->as_text()));
    static_cast<void>(reader.text("password_file", ""));
    static_cast<void>(reader.text("ca_file", ""));
    for (const char* key : {"heartbeat", "connect_timeout"})
        if (const auto value = reader.optional(key))
            static_cast<void>(value->as_duration_ms());
    reader.finish();
}

void check_brokers(const Value& root, Findings& findings) {
    findings.attempt("broker", [&] { read_broker(*config::lookup(root, "broker")); });
    each(findings, "broker", root, "brokers", read_broker);
}

void check_log(const Value& root, Findings& findings) {
    findings.attempt(
        "log",
        [&] {
            Reader reader(*config::lookup(root, "log"));
            static_cast<void>(
                reader.choice("level", {"trace", "debug", "info", "warn", "error"}, "info"));
            static_cast<void>(reader.choice("format", {"auto", "text", "logfmt", "json"}, "auto"));
            reader.finish();
        });
}

void check_import(const Value& root, Findings& findings) {
    findings.attempt(
        "import", [&] { static_cast<void>(importing::read_settings(root)); });
}

void check_feeds(const Value& root, Findings& findings) {
    findings.attempt(
        "cards", [&] { static_cast<void>(card::read_card_settings(root)); });
    findings.attempt("feeds", [&] { static_cast<void>(importers::load_feeds(root)); });
}

void check_exports(const Value& root, Findings& findings) {
    findings.attempt(
        "exports", [&] { static_cast<void>(exporters::load_targets(root)); });
}

void check_match(const Value& root, Findings& findings) {
    findings.attempt(
        "match", [&] { static_cast<void>(match::read_settings(root, {}, {})); });
}

void check_matching(const Value& root, Findings& findings) {
    findings.attempt(
        "matching",
        [&] {
            for (std::string& warning : match::Declarations::load(root).warnings())
                findings.warnings.push_back(std::move(warning));
        });
}

void check_serve(const Value& root, Findings& findings) {
    for (const serve::Api& api : serve::apis())
        findings.attempt(
            "serve",
            [&] {
                static_cast<void>(serve::read_listener(root, api.name));
                static_cast<void>(api.routes({root, {}}));
            });
}

void check_accounts(const Value& root, Findings& findings) {
    findings.attempt(
        "accounts",
        [&] {
            static_cast<void>(settle::accounts::read_settings(root));
            static_cast<void>(settle::accounts::read_fetch_settings(root));
        });
}

void check_alerts(const Value& root, Findings& findings) {
    findings.attempt(
        "alerts", [&] { static_cast<void>(alert::Settings::load(root)); });
}

void check_screening(const Value& root, Findings& findings) {
    findings.attempt(
        "screening", [&] { static_cast<void>(screen::read_settings(root, db::Settings{})); });
}

void check_purge(const Value& root, Findings& findings) {
    findings.attempt(
        "purge_archive", [&] { static_cast<void>(purge_archive::Retention::read(root)); });
}

} // namespace

Findings check_areas(const Value& root) {
    Findings findings;
    for (const auto check : {check_databases, check_brokers, check_log, check_import, check_feeds,
                             check_match, check_matching, check_exports, check_accounts,
                             check_serve, check_alerts, check_screening, check_purge})
        check(root, findings);
    return findings;
}

} // namespace harmonia::cli

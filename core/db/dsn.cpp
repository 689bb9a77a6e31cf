#include "core/db/dsn.hpp"

#include "core/base/files.hpp"
#include "core/db/copy_out.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

namespace harmonia::db {
namespace {

struct Keyword {
    std::string name, value;
    bool secret;
};

// What libpq complains about, without what it quotes: that may be part of a password.
std::string without_quoted(const char* message) {
    std::string out;
    bool inside = false;
    for (const char* p = message; *p != '\0' && *p != '\n'; ++p) {
        if (*p == '"') {
            out += inside ? "***\"" : "\"";
            inside = !inside;
        } else if (!inside) {
            out += *p;
        }
    }
    return out;
}

std::vector<Keyword> parse(const std::string& dsn) {
    char* raw_error = nullptr;
    const std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)> options(
        PQconninfoParse(dsn.c_str(), &raw_error), PQconninfoFree);
    const std::unique_ptr<char, void (*)(void*)> error(raw_error, PQfreemem);
    if (!options)
        throw Error(Exit::config,
                    fmt::format("malformed database dsn: {}",
                                error ? without_quoted(error.get()) : "out of memory"),
                    "Write postgresql://user@host:5432/name or host=... dbname=... user=...");
    std::vector<Keyword> out;
    for (const PQconninfoOption* o = options.get(); o->keyword != nullptr; ++o)
        if (o->val != nullptr)
            out.push_back({o->keyword, o->val, o->dispchar[0] == '*'});
    return out;
}

void set(std::vector<Keyword>& keywords, const std::string& name, const std::string& value,
         bool replace) {
    for (Keyword& k : keywords) {
        if (k.name != name)
            continue;
        if (replace)
            k.value = value;
        return;
    }
    keywords.push_back({name, value, false});
}

std::string quoted_value(const std::string& value) {
    if (!value.empty() && value.find_first_of(" '\\\t\n") == std::string::npos)
        return value;
    std::string out = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + "'";
}

std::string render(const std::vector<Keyword>& keywords, bool mask) {
    std::string out;
    for (const Keyword& k : keywords)
        out += fmt::format("{}{}={}", out.empty() ? "" : " ", k.name,
                           mask && k.secret ? "***" : quoted_value(k.value));
    return out;
}

std::string found(const std::vector<Keyword>& keywords, std::string_view name,
                  const char* variable) {
    for (const Keyword& k : keywords)
        if (k.name == name && !k.value.empty())
            return k.value;
    const char* value = std::getenv(variable);
    return value != nullptr ? value : "";
}

} // namespace

std::string connection_string(const Settings& settings) {
    auto keywords = parse(settings.dsn);
    if (!settings.password_file.empty())
        set(keywords, "password", read_secret_file(settings.password_file), true);
    set(keywords, "application_name", settings.application_name, true);
    set(keywords, "client_encoding", "UTF8", true);
    set(keywords, "target_session_attrs", "read-write", false);
    // A dead peer is noticed after about a minute and a half, not after the system's two hours.
    set(keywords, "connect_timeout", "10", false);
    set(keywords, "keepalives_idle", "60", false);
    set(keywords, "keepalives_interval", "10", false);
    set(keywords, "keepalives_count", "3", false);
    set(keywords, "tcp_user_timeout", "90000", false);
    return render(keywords, false);
}

std::string dsn_with_database(const std::string& dsn, const std::string& database) {
    auto keywords = parse(dsn);
    set(keywords, "dbname", database, true);
    return render(keywords, false);
}

std::string dsn_place(const std::string& dsn) {
    const auto keywords = parse(dsn);
    std::string database = found(keywords, "dbname", "PGDATABASE");
    if (database.empty())
        database = found(keywords, "user", "PGUSER");
    const std::string host = found(keywords, "host", "PGHOST");
    const std::string port = found(keywords, "port", "PGPORT");
    return fmt::format("{} at {}:{}", database.empty() ? "default database" : database,
                       host.empty() ? "local socket" : host, port.empty() ? "5432" : port);
}

std::string session_sql(const Settings& settings) {
    const auto set_config = [](std::string_view name, const std::string& value) {
        return fmt::format("set_config('{}', {}, false)", name, quoted_literal(value));
    };
    const auto ms = [](std::chrono::milliseconds wait) { return std::to_string(wait.count()); };
    // jit: the statements are wide and short; compiling one takes longer than a block's work.
    std::string more;
    for (const std::string& method : settings.planner_without)
        more += ", " + set_config("enable_" + method, "off");
    return fmt::format(
        "SELECT {}, {}, {}, {}, {}, {}, {}, {}, {}, {}{}", set_config("jit", "off"),
        set_config("TimeZone", "UTC"), set_config("DateStyle", "ISO, YMD"),
        set_config("IntervalStyle", "postgres"), set_config("bytea_output", "hex"),
        set_config("client_min_messages", "warning"),
        set_config("search_path", settings.search_path),
        set_config("statement_timeout", ms(settings.statement_timeout)),
        set_config("lock_timeout", ms(settings.lock_timeout)),
        set_config("idle_in_transaction_session_timeout", ms(settings.idle_in_transaction_timeout)),
        more);
}

std::string masked_dsn(const std::string& dsn) {
    return render(parse(dsn), true);
}

} // namespace harmonia::db

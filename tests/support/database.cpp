#include "tests/support/database.hpp"

#include "core/base/embedded.hpp"
#include "core/base/hash.hpp"
#include "core/db/dsn.hpp"
#include "core/db/lock.hpp"
#include "core/db/migrate.hpp"
#include "core/db/partitions.hpp"

#include <errno.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace harmonia::test {
namespace {

constexpr std::chrono::minutes k_template_wait{2}; // another program may be making it

std::string server_dsn() {
    const char* dsn = std::getenv("HARMONIA_DATABASE_DSN");
    if (dsn == nullptr)
        throw std::runtime_error("HARMONIA_DATABASE_DSN is not set: eval \"$(s/services env)\"");
    return dsn;
}

db::Settings settings_of(const std::string& dsn) {
    db::Settings settings;
    settings.dsn = dsn;
    settings.application_name = "harmonia/test";
    settings.connect_wait = std::chrono::milliseconds(1000);
    return settings;
}

void create_database(db::Connection& server, const std::string& name, const std::string& from) {
    server.run_alone(fmt::format("CREATE DATABASE {} TEMPLATE {}", db::quoted_identifier(name),
                                 db::quoted_identifier(from)),
                     Failpoint::migrate_commit);
}

// Not WITH (FORCE): it refuses to end an autovacuum worker, which plain DROP DATABASE ends itself.
void drop_database(db::Connection& server, const std::string& name) {
    {
        db::Transaction tx(server);
        tx.exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = $1 AND usename = current_user",
                name);
    }
    server.run_alone("DROP DATABASE IF EXISTS " + db::quoted_identifier(name),
                     Failpoint::migrate_commit);
}

bool exists(db::Connection& server, const std::string& name) {
    db::Transaction tx(server);
    return !tx.exec("SELECT FROM pg_database WHERE datname = $1", name).empty();
}

std::vector<std::string> all_areas() {
    std::vector<std::string> areas;
    for (const Embedded& file : embedded::migrations()) {
        const std::string_view rest = file.path.substr(file.path.find('/') + 1);
        areas.emplace_back(rest.substr(0, rest.find('/')));
    }
    return areas;
}

std::string template_name() {
    Sha256 hash;
    for (const Embedded& file : embedded::migrations()) {
        hash.update(file.path);
        hash.update(file.text);
    }
    return "harmonia_test_template_" + hash.finish_hex().substr(0, 16);
}

// Made under another name and renamed when whole, so that a killed test program leaves no half one.
std::string ensure_template(db::Connection& server) {
    const std::string name = template_name();
    if (exists(server, name))
        return name;
    const auto lock =
        db::SessionLock::acquire(server, db::LockClass::migrate, "test template", k_template_wait);
    if (!lock)
        throw std::runtime_error("somebody holds the lock of the test template");
    if (exists(server, name))
        return name;
    const std::string half = "harmonia_test_half_template";
    drop_database(server, half);
    create_database(server, half, "template0");
    {
        auto connection = db::connect(settings_of(db::dsn_with_database(server_dsn(), half)));
        db::apply_migrations(*connection, db::list_migrations(embedded::migrations(), all_areas()),
                             "test");
    }
    server.run_alone(fmt::format("ALTER DATABASE {} RENAME TO {}", db::quoted_identifier(half),
                                 db::quoted_identifier(name)),
                     Failpoint::migrate_commit);
    return name;
}

std::string next_name() {
    static std::atomic<int> k_made{0};
    std::string program;
    for (const char* p = program_invocation_short_name; *p != '\0'; ++p)
        program += (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ? *p : '_';
    return fmt::format("harmonia_test_{}_{}_{}", program.substr(0, 30), ::getpid(), ++k_made);
}

} // namespace

TempDatabase::TempDatabase(Kind kind) : name_(next_name()) {
    dsn_ = db::dsn_with_database(server_dsn(), name_);
    const auto server = db::connect(settings_of(server_dsn()));
    drop_database(*server, name_); // of a killed program that had our process id
    create_database(*server, name_,
                    kind == Kind::migrated ? ensure_template(*server) : "template0");
    if (kind == Kind::migrated)
        db::ensure_partitions(*connect()); // the template may be weeks old
}

TempDatabase::~TempDatabase() {
    try {
        if (std::getenv("HARMONIA_KEEP_TEST_DB") != nullptr)
            std::fprintf(stderr, "kept database %s\n", name_.c_str());
        else
            drop_database(*db::connect(settings_of(server_dsn())), name_);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "database %s not dropped: %s\n", name_.c_str(), error.what());
    }
}

db::Settings TempDatabase::settings() const {
    return settings_of(dsn_);
}

std::unique_ptr<db::Connection> TempDatabase::connect() const {
    return db::connect(settings());
}

long long TempDatabase::count(const std::string& sql) const {
    return run(sql).integer(0, 0);
}

std::string TempDatabase::text(const std::string& sql) const {
    const db::Result rows = run(sql);
    return rows.empty() ? "" : std::string(rows.text(0, 0));
}

db::Result TempDatabase::run(const std::string& sql) const {
    const auto connection = connect();
    db::Transaction tx(*connection);
    db::Result rows = tx.run(sql, {});
    tx.commit(Failpoint::migrate_commit);
    return rows;
}

void TempDatabase::execute(const std::string& sql) const {
    const auto connection = connect();
    db::Transaction tx(*connection);
    tx.script(sql);
    tx.commit(Failpoint::migrate_commit);
}

void TempDatabase::kill_backend(int pid) const {
    const auto connection = connect();
    db::Transaction tx(*connection);
    tx.exec("SELECT pg_terminate_backend($1, 10000)", pid); // waits until it is gone
}

} // namespace harmonia::test

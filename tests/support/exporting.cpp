#include "tests/support/exporting.hpp"

#include "core/config/config.hpp"
#include "tests/support/files.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

namespace harmonia::test {

exporting::Options export_options(const TempDatabase& database, const std::string& exports_yaml,
                                   const broker::Settings& broker) {
    static std::atomic<int> next{0};
    exporting::Options options;
    options.database = database.settings();
    options.broker = broker;
    options.targets = exporters::load_targets(config::parse(exports_yaml, "test.yaml"));
    options.run_id = fmt::format("run-{}-{}", ::getpid(), ++next);
    return options;
}

Launch export_child(const TempDatabase& database, const TempDir& directory,
                    const std::string& exports_yaml, const std::string& failpoints,
                    const std::string& broker_url) {
    Launch launch;
    launch.command = {std::filesystem::read_symlink("/proc/self/exe"), "[.export-child]"};
    launch.environment = {{"EXPORT_CHILD_DSN", database.dsn()},
                          {"EXPORT_CHILD_CONFIG", directory.write("exports.yaml", exports_yaml)},
                          {"EXPORT_CHILD_BROKER", broker_url}};
    if (!failpoints.empty()) {
        std::filesystem::create_directories(directory.path() + "/failpoints");
        launch.environment["HARMONIA_FAILPOINT_FILE"] =
            directory.write("failpoints/points", failpoints + "\n");
    }
    return launch;
}

void be_export_child() {
    exporting::Options options;
    options.database.dsn = std::getenv("EXPORT_CHILD_DSN");
    options.broker.url = std::getenv("EXPORT_CHILD_BROKER");
    options.targets = exporters::load_targets(
        config::parse(file_text(std::getenv("EXPORT_CHILD_CONFIG")), "exports.yaml"));
    options.run_id = fmt::format("child-{}", ::getpid());
    options.outbox = !options.broker.url.empty();
    try {
        static_cast<void>(exporting::run(options));
    } catch (const Error& problem) {
        fmt::print(stderr, "{}\n", problem.what());
        std::_Exit(static_cast<int>(problem.exit()));
    }
    std::_Exit(0);
}

void owe_exports(const TempDatabase& database, const std::string& target, int count) {
    database.execute(fmt::format(
        "WITH e AS (INSERT INTO harmonia.export_transaction (provider_slug, transaction_id,"
        " transaction_date, spend_amount, spend_currency, loyalty_id, mid, primary_identifier,"
        " payment_provider_slug, extra_fields) SELECT '{}', 't' || n,"
        " timestamptz '2026-03-25 16:54:33+00' + n * interval '1 minute', 100 + n, 'GBP',"
        " 'loyal-' || n, 'mid-1', 'mid-1', 'visa', jsonb_build_object('a', n)"
        " FROM generate_series(1, {}) n ORDER BY n RETURNING id)"
        " INSERT INTO harmonia.pending_export (provider_slug, export_transaction_id)"
        " SELECT '{}', id FROM e ORDER BY id",
        target, count, target));
}

} // namespace harmonia::test

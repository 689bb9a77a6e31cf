#include "tests/support/world.hpp"

#include "core/broker/client.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/source.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace harmonia::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* k_merchant = "iceland-bonus-card";
constexpr const char* k_queue_feed = "visa-auth";

std::vector<std::string> lines_of(const fs::path& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        if (line.ends_with('\r'))
            line.pop_back();
        lines.push_back(line);
    }
    return lines;
}

void publish(const std::string& queue, const std::vector<std::string>& bodies) {
    broker::Publisher publisher(BrokerHost::instance().settings());
    std::uint64_t token = 0;
    for (const std::string& body : bodies)
        publisher.publish(message_to(queue, body), ++token);
    while (publisher.outstanding() > 0)
        for (const auto& outcome :
             publisher.take(Failpoint::export_outbox_confirm, std::chrono::seconds(10)))
            REQUIRE(outcome.state == broker::Outcome::State::confirmed);
}

} // namespace

const fs::path& generated_day() {
    static const TempDir directory;
    static const fs::path day = [] {
        const fs::path path = fs::path(directory.path()) / "day";
        const Finished made =
            run({{program("harmonia-gen"), "day", "--count", "400", "--seed", "11", "--out",
                  path.string(), "--dup-rate", "0.03", "--bad-rate", "0.03", "--unknown-mid-rate",
                  "0.03", "--rival-rate", "0.2"},
                 {},
                 "",
                 0});
        INFO(made.err);
        REQUIRE(made.exit == 0);
        return path;
    }();
    return day;
}

std::set<std::string> difference(const std::set<std::string>& a, const std::set<std::string>& b) {
    std::set<std::string> only;
    std::set_symmetric_difference(a.begin(), a.end(), b.begin(), b.end(),
                                  std::inserter(only, only.begin()));
    return only;
}

World::World(State state) : database_(TempDatabase::Kind::empty) {
    std::string config;
    for (const std::string name :
         {"tests/feeds/iceland-bonus-card.yaml", "tests/matching/iceland-bonus-card.yaml",
          "tests/quick_work/exports.yaml"})
        config += file_text((source_root() / name).string()) + "\n";
    static_cast<void>(directory_.write("config.yaml", config));
    for (const char* folder : {"imports", "archive", "rejected", "spool", "exports", "failpoints"})
        fs::create_directories(directory() / folder);
    if (state == State::ready)
        lay_out();
}

World::~World() = default;

void World::lay_out() const {
    must({"configure"}, {0});
    broker::Session session(BrokerHost::instance().settings());
    session.purge(k_queue_feed);
    session.purge("export");
    must({"mids", "load", (generated_day() / "mids.csv").string()}, {0});
    publish(k_queue_feed, lines_of(generated_day() / "visa-auth.jsonl"));
    for (const auto& [folder, file] :
         {std::pair<const char*, const char*>{"mastercard", "mastercard-settled.tgx2"},
          {k_merchant, "iceland-bonus-card.csv"}}) {
        fs::create_directories(directory() / "imports" / folder);
        fs::copy_file(generated_day() / file, directory() / "imports" / folder / file);
    }
}

Launch World::launch(const std::vector<std::string>& arguments,
                     const std::map<std::string, std::string>& more) const {
    Launch launch;
    launch.command = {program("harmonia"), "--config", (directory() / "config.yaml").string(),
                      "--json"};
    launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
    launch.environment = {
        {"HARMONIA_DATABASE_DSN", database_.dsn()},
        {"HARMONIA_BROKER_URL", BrokerHost::instance().url()},
        {"HARMONIA_IMPORT_BASE", directory() / "imports"},
        {"HARMONIA_IMPORT_ARCHIVE", directory() / "archive"},
        {"HARMONIA_IMPORT_REJECTED", directory() / "rejected"},
        {"HARMONIA_IMPORT_SPOOL", directory() / "spool"},
        {"HARMONIA_IMPORT_BLOCK_ROWS", "40"}, // several commits even in a small file
        {"QUICK_WORK_EXPORTS", directory() / "exports"}};
    for (const auto& [key, value] : more)
        launch.environment[key] = value;
    return launch;
}

Finished World::harmonia(const std::vector<std::string>& arguments,
                         const std::map<std::string, std::string>& more) const {
    return run(launch(arguments, more));
}

std::string World::must(const std::vector<std::string>& arguments,
                        const std::set<int>& exits) const {
    const Finished finished = harmonia(arguments);
    INFO("harmonia " << arguments.front() << " ended with " << finished.exit << "\n"
                     << finished.err);
    REQUIRE(exits.contains(finished.exit));
    return finished.out;
}

const std::vector<std::vector<std::string>>& World::pipeline() {
    static const std::vector<std::vector<std::string>> k_commands{
        {"import", "mastercard-settled", k_merchant},
        {"import", "visa-settled", "--file", (generated_day() / "visa-settled.jsonl").string()},
        {"import", k_queue_feed},
        {"match"},
        {"export"},
    };
    return k_commands;
}

std::string World::digest() const {
    must({"audit"}, {0});
    return nlohmann::json::parse(must({"audit", "--digest"}, {0}))
        .at("data")
        .at("digest")
        .get<std::string>();
}

std::set<std::string> World::told() const {
    std::set<std::string> told;
    const auto connection = database_.connect();
    db::Transaction tx(*connection);
    broker::Session session(BrokerHost::instance().settings());
    while (const auto delivery = session.get("export")) {
        const auto id =
            nlohmann::json::parse(delivery->body).at("matched_transaction_id").get<long long>();
        const auto row =
            tx.exec("SELECT p.provider_slug || ' ' || p.transaction_id || ' ' || m.transaction_id"
                    " FROM harmonia.matched_transaction m JOIN harmonia.payment_transaction p"
                    " ON p.id = m.payment_transaction_id WHERE m.id = $1",
                    id);
        REQUIRE(row.size() == 1);
        told.insert("announced " + std::string(row.text(0, 0)));
    }
    for (const auto& file : fs::directory_iterator(directory() / "exports"))
        for (const std::string& line : lines_of(file.path()))
            told.insert("line " + line.substr(0, line.rfind(','))); // without the random uid
    return told;
}

} // namespace harmonia::test

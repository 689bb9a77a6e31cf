#include "tests/e2e/shards/site.hpp"

#include "core/db/dsn.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace harmonia::test {
namespace {

constexpr const char* k_listens = "127.0.0.1:";
constexpr int k_document_ports[] = {8080, 8081, 8082};
constexpr const char* k_document_queues[] = {"swpt_accounts", "swpt_accounts_0", "swpt_accounts_1"};

std::string word_after(const std::string& text, const std::string& mark) {
    const auto at = text.find(mark);
    if (at == std::string::npos)
        return {};
    const auto begin = at + mark.size();
    return text.substr(begin, text.find_first_of(" \n\"", begin) - begin);
}

} // namespace

Site::Site(std::string settings) : settings_(std::move(settings)) {
    // Longer names come first: they contain shorter ones.
    names_ = {{"/etc/harmonia/", directory_.path() + "/"},
              {"amqp://broker.example", BrokerHost::instance().url()}};
    broker::Session session(BrokerHost::instance().settings());
    for (const char* queue : k_document_queues) // of an earlier test on this virtual host
        session.delete_queue(queue);
    const char* server = std::getenv("HARMONIA_DATABASE_DSN");
    REQUIRE(server != nullptr);
    for (const std::string name : {"ledger_0", "ledger_1", "ledger"}) {
        const std::string mine = ledger_.name() + name.substr(std::string("ledger").size());
        names_.emplace_back("postgresql://db.example/" + name, db::dsn_with_database(server, mine));
        names_.emplace_back(name, mine);
    }
    for (const int port : k_document_ports)
        names_.emplace_back(fmt::format("{}{}", k_listens, port),
                            fmt::format("{}{}", k_listens, free_port()));
}

Site::~Site() {
    started_.clear();
    for (const char* name : {"ledger_0", "ledger_1"})
        static_cast<void>(run(fmt::format("dropdb --if-exists --force {}", name)));
}

std::string Site::here(std::string text) const {
    for (const auto& [name, mine] : names_)
        for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos; at += mine.size())
            text.replace(at, name.size(), mine);
    return text;
}

void Site::read(const std::string& document) {
    std::istringstream in(file_text((source_root() / document).string()));
    std::string line, language, block;
    while (std::getline(in, line)) {
        if (!line.starts_with("```")) {
            block += language.empty() ? "" : line + "\n";
            continue;
        }
        const std::string file = word_after(block, "# /etc/harmonia/");
        if (language == "yaml" && !file.empty())
            std::ofstream(directory_.path() + "/" + file) << here(block);
        if (language == "sh") {
            std::istringstream lines(block);
            groups_.emplace_back();
            for (std::string command; std::getline(lines, command);)
                groups_.back().push_back(command);
        }
        language = language.empty() ? line.substr(3) : "";
        block.clear();
    }
    REQUIRE_FALSE(groups_.empty());
}

const std::vector<std::string>& Site::group(const std::string& words) const {
    const std::vector<std::string>* found = nullptr;
    for (const auto& commands : groups_)
        if (std::any_of(commands.begin(), commands.end(), [&](const std::string& command) {
                return command.find(words) != std::string::npos;
            })) {
            INFO("'" << words << "' occurs in the document once");
            REQUIRE(found == nullptr);
            found = &commands;
        }
    INFO("'" << words << "' occurs in the document");
    REQUIRE(found != nullptr);
    return *found;
}

// The document's files name the servers; the environment of the tests would override them.
Launch Site::shell(const std::string& command) const {
    Launch launch;
    launch.command = {"/bin/sh", "-c",
                      fmt::format("unset HARMONIA_DATABASE_DSN HARMONIA_BROKER_URL\n"
                                  "export PATH={}:$PATH {}\n{}",
                                  program(""), settings_, here(command))};
    return launch;
}

Finished Site::run(const std::string& command) const {
    return test::run(shell(command));
}

void Site::must(const std::vector<std::string>& commands, const std::vector<int>& exits) const {
    for (const std::string& command : commands) {
        const Finished done = run(command);
        INFO(command << "\n" << done.exit << "\n" << done.out << done.err);
        REQUIRE(std::find(exits.begin(), exits.end(), done.exit) != exits.end());
    }
}

void Site::start(const std::vector<std::string>& commands) {
    for (const std::string& command : commands) {
        started_.push_back({command, std::make_unique<Running>(shell("exec " + command))});
        if (command.find(" serve ") == std::string::npos)
            continue;
        const std::string config = file_text(here(word_after(command, "--config ")));
        wait_until_listening(std::stoi(word_after(config, std::string("listen: \"") + k_listens)));
    }
}

void Site::stop(const std::string& words) {
    started_.remove_if([&](Started& one) {
        if (one.command.find(words) == std::string::npos)
            return false;
        one.running->signal(SIGTERM);
        const Finished done = one.running->wait();
        INFO(one.command << "\n" << done.out << done.err);
        CHECK(done.exit == 128 + SIGTERM);
        return true;
    });
}

std::unique_ptr<db::Connection> Site::connect(const std::string& database) const {
    db::Settings settings = ledger_.settings();
    settings.dsn = here("postgresql://db.example/" + database);
    return db::connect(settings);
}

std::string Site::text(const std::string& database, const std::string& sql) const {
    const auto connection = connect(database);
    db::Transaction tx(*connection);
    const auto rows = tx.exec(sql);
    return rows.empty() || rows.is_null(0, 0) ? "" : std::string(rows.text(0, 0));
}

} // namespace harmonia::test

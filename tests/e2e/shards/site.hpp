// An operator's machine: the configuration files and commands of a document in docs/, run as they
// are written there, against databases, a virtual host and ports of this test's own.
#pragma once

#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::test {

class Site {
public:
    /// The database `ledger` exists and is empty. `settings` override the documents: shell
    /// assignments, `HARMONIA_…=value`.
    explicit Site(std::string settings = {});
    ~Site();
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    /// Reads a document: writes its configuration files, keeps its groups of commands.
    void read(const std::string& document);
    /// The document's groups of commands, in its order.
    [[nodiscard]] const std::vector<std::vector<std::string>>& groups() const { return groups_; }
    /// The only group that has a command with these words.
    [[nodiscard]] const std::vector<std::string>& group(const std::string& words) const;

    [[nodiscard]] Finished run(const std::string& command) const;
    /// Runs a group's commands, each required to end with one of `exits`.
    void must(const std::vector<std::string>& commands, const std::vector<int>& exits = {0}) const;
    /// Starts commands that keep running. Those that serve have opened their ports on return.
    void start(const std::vector<std::string>& commands);
    /// SIGTERM for running commands that contain `words`; each must end by it.
    void stop(const std::string& words = {});

    /// To a database by its name in the document (`ledger_0`).
    [[nodiscard]] std::unique_ptr<db::Connection> connect(const std::string& database) const;
    [[nodiscard]] std::string text(const std::string& database, const std::string& sql) const;

private:
    struct Started {
        std::string command;
        std::unique_ptr<Running> running;
    };
    [[nodiscard]] std::string here(std::string text) const;
    [[nodiscard]] Launch shell(const std::string& command) const;

    const std::string settings_;
    TempDatabase ledger_{TempDatabase::Kind::empty};
    TempDir directory_;
    std::vector<std::pair<std::string, std::string>> names_; ///< in documents → here
    std::vector<std::vector<std::string>> groups_;
    std::list<Started> started_;
};

} // namespace harmonia::test

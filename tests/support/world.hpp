// A small installation to attack: a database, a virtual host, directories, a configuration, and a
// generated day of feeds, driven through the program as an operator drives it.
#pragma once

#include "tests/support/broker.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace harmonia::test {

/// The feeds of a generated day, made once a program by harmonia-gen from a fixed seed.
[[nodiscard]] const std::filesystem::path& generated_day();

/// What is in one set only: shorter to read than two sets.
[[nodiscard]] std::set<std::string> difference(const std::set<std::string>& a,
                                               const std::set<std::string>& b);

class World {
public:
    /// `ready`: configured, identifiers loaded, and the day's feeds laid out: the files in their
    /// feeds' directories, the bodies of visa-auth in their queue.
    enum class State { empty, ready };
    explicit World(State state = State::ready);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    /// `harmonia --config … --json ARGUMENTS…` with this world's environment and `more` over it.
    [[nodiscard]] Launch launch(const std::vector<std::string>& arguments,
                                const std::map<std::string, std::string>& more = {}) const;
    [[nodiscard]] Finished harmonia(const std::vector<std::string>& arguments,
                                    const std::map<std::string, std::string>& more = {}) const;
    /// The same, required to end with one of `exits`; its standard output.
    std::string must(const std::vector<std::string>& arguments,
                     const std::set<int>& exits = {0, 3}) const;

    /// The commands that take the day from its feeds to its targets, in order.
    [[nodiscard]] static const std::vector<std::vector<std::string>>& pipeline();

    /// SHA-256 over the books by natural keys; fails the test when `audit` finds anything.
    [[nodiscard]] std::string digest() const;
    /// What receivers see: the matches announced on the queue (as pairs of natural keys, each
    /// counted once) and the lines of the merchant's files.
    [[nodiscard]] std::set<std::string> told() const;

    [[nodiscard]] const TempDatabase& database() const { return database_; }
    [[nodiscard]] std::filesystem::path directory() const { return directory_.path(); }

private:
    void lay_out() const;
    TempDatabase database_;
    TempDir directory_;
};

} // namespace harmonia::test

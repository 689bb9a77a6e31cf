// One word finds everything: jobs have their four files, commands their man page, migrations their
// number.
#include "tests/unit/tidy/tree.hpp"

#include <algorithm>
#include <regex>

namespace harmonia::tidy {
namespace {

// Jobs that decide nothing or store nothing, with the files they do without. An empty decide or
// store would be a file that says nothing.
const std::map<std::string, std::set<std::string>> k_without = {
    // Ask once and show what came: nothing to decide, write or drive.
    {"jobs/explain", {"decide", "store", "run"}},
    {"jobs/audit", {"decide", "store", "run"}},
    {"jobs/status", {"store", "run"}},
    // Its verdicts are decided in judge/, what it needs is read in load/, written in store/.
    {"jobs/screen", {"decide"}},
    // Not a command: what `import` and `serve` do with an order.
    {"jobs/orders", {"decide", "run"}},
    // Its decisions are procedures/.
    {"jobs/settle/accounts", {"decide", "load"}},
    // Answers questions; its APIs so far only read.
    {"jobs/serve", {"store"}},
    // Put together what core/db and core/broker then do.
    {"jobs/configure", {"decide", "load", "store"}},
    {"jobs/migrate", {"decide"}},
    // Not a command: the rows of ops.config_item, for the commands that read live keys.
    {"jobs/config_store", {"decide", "load", "run"}},
};

bool has_part(const Tree& tree, const std::string& folder, const std::string& part) {
    return std::any_of(
        tree.files.begin(), tree.files.end(),
        [&](const auto& entry) {
            const File& file = entry.second;
            return file.cpp() && ((file.folder() == folder && file.name().starts_with(part)) ||
                                  file.folder() == folder + "/" + part);
        });
}

// name as typed, from `COMMAND(suffix, "name", "summary")`
std::vector<std::string> commands(const Tree& tree) {
    std::vector<std::string> names;
    const auto list = tree.files.find("cli/frame/commands.def");
    if (list == tree.files.end())
        return names;
    static const std::regex k_entry(R"re(^COMMAND\(\w+, "([a-z-]+)")re");
    for (const std::string& line : list->second.lines) {
        std::smatch match;
        if (std::regex_search(line, match, k_entry))
            names.push_back(match[1].str());
    }
    return names;
}

bool mentions(const File& file, const std::string& text) {
    return std::any_of(
        file.lines.begin(), file.lines.end(),
        [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

} // namespace

Complaints check_jobs(const Tree& tree) {
    static const std::regex k_job("jobs/(settle/)?[a-z_]+");
    std::set<std::string> jobs;
    for (const auto& [path, file] : tree.files) {
        std::smatch match;
        if (file.cpp() && std::regex_search(path, match, k_job))
            jobs.insert(match.str());
    }
    Complaints out;
    for (const std::string& job : jobs)
        for (const char* part : {"decide", "load", "store", "run"}) {
            const auto without = k_without.find(job);
            const bool excused = without != k_without.end() && without->second.contains(part);
            if (!excused && !has_part(tree, job, part))
                out.push_back(job + ": no " + part);
            if (excused && has_part(tree, job, part))
                out.push_back(job + ": has " + part + " now, so it needs no excuse");
        }
    return out;
}

Complaints check_commands(const Tree& tree) {
    Complaints out;
    const auto readme = tree.files.find("README.md");
    for (const std::string& name : commands(tree)) {
        std::string file_name = name;
        std::replace(file_name.begin(), file_name.end(), '-', '_');
        if (!tree.has("cli/" + file_name + ".cpp"))
            out.push_back("command " + name + ": no cli/" + file_name + ".cpp");
        if (readme == tree.files.end() || !mentions(readme->second, "`" + name))
            out.push_back("command " + name + ": not in README.md");
        const auto page = tree.files.find("docs/man/harmonia-" + name + ".1.scd");
        if (page == tree.files.end()) {
            out.push_back("command " + name + ": no man page");
            continue;
        }
        for (const char* heading : {"# NAME", "# SYNOPSIS", "# DESCRIPTION", "# OPTIONS",
                                    "# EXIT STATUS", "# MEMORY", "# EXAMPLES"})
            if (!mentions(page->second, heading))
                out.push_back(page->first + ": no " + (heading + 2));
    }
    return out;
}

// AREA/NNNN_name.sql, from 0001 without a gap; transactions are the runner's business.
Complaints check_migrations(const Tree& tree) {
    Complaints out;
    static const std::regex k_name(R"(migrations/([a-z]+)/(\d{4})_[a-z0-9_]+\.sql)");
    static const std::regex k_transaction(R"(^\s*(BEGIN|COMMIT|ROLLBACK)\s*;)", std::regex::icase);
    std::map<std::string, int> last;
    for (const auto& [path, file] : tree.files) {
        if (!file.in("migrations/"))
            continue;
        std::smatch match;
        if (!std::regex_match(path, match, k_name)) {
            out.push_back(path + ": is not AREA/NNNN_name.sql");
            continue;
        }
        const int number = std::stoi(match[2].str());
        if (number != last[match[1].str()] + 1)
            out.push_back(path + ": the number before it is missing or taken twice");
        last[match[1].str()] = number;
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            if (std::regex_search(file.lines[i], k_transaction))
                out.push_back(at(file, i, "a migration does not end its own transaction"));
    }
    return out;
}

// Work left undone, and paths of one machine. Spelled apart, since this file is searched too.
Complaints check_words(const Tree& tree) {
    static const std::vector<std::string> k_words = {"TO"
                                                     "DO",
                                                     "FIX"
                                                     "ME",
                                                     "XX"
                                                     "X:",
                                                     "HA"
                                                     "CK:",
                                                     "/wo"
                                                     "rk/",
                                                     "/ho"
                                                     "me/",
                                                     "/ro"
                                                     "ot/"};
    Complaints out;
    for (const auto& [path, file] : tree.files)
        for (std::size_t i = 0; i < file.lines.size(); ++i)
            for (const std::string& word : k_words)
                if (file.lines[i].find(word) != std::string::npos)
                    out.push_back(at(file, i, "'" + word + "' must not appear"));
    return out;
}

} // namespace harmonia::tidy

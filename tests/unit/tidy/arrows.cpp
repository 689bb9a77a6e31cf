// Who may include whom. The link lists in CMakeLists.txt state the arrows; #include lines must
// follow.
#include "tests/unit/tidy/tree.hpp"

#include <array>
#include <deque>
#include <regex>

namespace harmonia::tidy {
namespace {

struct Library {
    std::string folder;
    std::set<std::string> links; ///< names of libraries
};

std::vector<std::string> words(const std::string& text) {
    static const std::regex k_word(R"(\S+)");
    return {std::sregex_token_iterator(text.begin(), text.end(), k_word), {}};
}

// `harmonia_library(name folder LINKS a b PARTIES c)`, also over several lines.
std::map<std::string, Library> libraries(const Tree& tree) {
    std::map<std::string, Library> found;
    const auto file = tree.files.find("CMakeLists.txt");
    if (file == tree.files.end())
        return found;
    std::string text;
    for (const std::string& line : file->second.lines)
        text += line.substr(0, line.find('#')) + " ";
    static const std::regex k_call(R"(harmonia_library\(([^)]*)\))");
    for (std::sregex_iterator at(text.begin(), text.end(), k_call), end; at != end; ++at) {
        const auto parts = words((*at)[1].str());
        if (parts.size() < 2 || parts[0] == "name")
            continue;
        Library library{parts[1], {}};
        bool links = false;
        for (std::size_t i = 2; i < parts.size(); ++i) {
            if (parts[i] == "LINKS" || parts[i] == "PARTIES")
                links = parts[i] == "LINKS";
            else if (links)
                library.links.insert(parts[i]);
        }
        found[parts[0]] = library;
    }
    return found;
}

bool is_core(const std::string& folder) {
    return folder.starts_with("core/");
}

// The folders that `folder` may include, beside itself.
bool allowed(const std::map<std::string, Library>& all, const std::string& from,
             const std::string& to) {
    if (from == to || from.starts_with("tests/"))
        return true;
    if (from == "cli" || from == "cli/main")
        return to == "cli" || is_core(to) || to == "importers" || to == "exporters" ||
               to.starts_with("jobs/");
    if (from.starts_with("jobs/"))
        return is_core(to) || to == "importers" || to == "exporters";
    if (from == "importers" || from == "exporters")
        return is_core(to);
    for (const auto& [name, library] : all) {
        if (library.folder != from)
            continue;
        for (const std::string& link : library.links)
            if (all.contains(link) && all.at(link).folder == to)
                return is_core(to);
    }
    return false;
}

struct Room {
    const char* header;
    std::array<const char*, 2> folders;
};
constexpr std::array k_rooms = {
    Room{"pqxx/", {"core/db/", "core/db/"}},
    Room{"libpq", {"core/db/", "core/db/"}},
    Room{"amqp", {"core/broker/", "core/broker/"}},
    Room{"rabbitmq-c/", {"core/broker/", "core/broker/"}},
    Room{"CLI/", {"cli/", "cli/"}},
    Room{"yaml-cpp/", {"core/config/", "core/config/"}},
    Room{"date/", {"core/time/", "core/time/"}},
    Room{"httplib", {"core/net/", "core/net/"}},
    Room{"curl/", {"core/net/", "core/net/"}},
    Room{"openssl/", {"core/base/", "core/net/"}},
    Room{"re2/", {"core/expr/", "core/expr/"}},
    Room{"spdlog/", {"core/base/log.cpp", "core/base/log.cpp"}},
};

} // namespace

Complaints check_arrows(const Tree& tree) {
    Complaints out;
    const auto all = libraries(tree);
    for (const auto& [path, file] : tree.files) {
        if (!file.cpp())
            continue;
        for (const Include& include : includes(file)) {
            if (!include.quoted)
                continue;
            const auto slash = include.target.rfind('/');
            const std::string to =
                slash == std::string::npos ? "" : include.target.substr(0, slash);
            if (!tree.has(include.target))
                out.push_back(at(file, include.line_index, "no such file from the root"));
            else if (!allowed(all, file.folder(), to))
                out.push_back(at(file, include.line_index, "may not include " + to));
        }
    }
    return out;
}

Complaints check_rooms(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!file.cpp() || file.in("tests/"))
            continue;
        for (const Include& include : includes(file))
            for (const Room& room : k_rooms)
                if (!include.quoted && include.target.starts_with(room.header) &&
                    !file.in(room.folders[0]) && !file.in(room.folders[1]))
                    out.push_back(at(file, include.line_index,
                                     include.target + " stays in " + room.folders[0]));
    }
    return out;
}

// decide is pure: neither it nor any header it reaches may see the database or the broker.
Complaints check_decide(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!file.in("jobs/") || !file.cpp() || !file.name().starts_with("decide"))
            continue;
        std::set<std::string> seen{path};
        std::deque<std::string> next{path};
        for (; !next.empty(); next.pop_front()) {
            if (next.front().starts_with("core/db/") || next.front().starts_with("core/broker/")) {
                out.push_back(path + ": reaches " + next.front());
                continue;
            }
            const auto found = tree.files.find(next.front());
            if (found == tree.files.end())
                continue;
            for (const Include& include : includes(found->second))
                if (include.quoted && seen.insert(include.target).second)
                    next.push_back(include.target);
        }
    }
    return out;
}

// A source that no library's glob finds is never compiled.
Complaints check_libraries(const Tree& tree) {
    Complaints out;
    std::set<std::string> folders{"cli/main"};
    for (const auto& [name, library] : libraries(tree))
        folders.insert(library.folder);
    static const std::regex k_job("jobs/[a-z_]+(/[a-z_]+)?");
    static const std::regex k_test(
        "tests/(support|gen(/[a-z_]+)?|bench|fuzz|(unit|fuzz|db|broker|cli|e2e)/[a-z0-9_]+)");
    for (const auto& [path, file] : tree.files) {
        if (!file.ends(".cpp"))
            continue;
        const std::string folder = file.folder();
        if (!folders.contains(folder) && !std::regex_match(folder, k_job) &&
            !std::regex_match(folder, k_test))
            out.push_back(path + ": belongs to no library");
    }
    return out;
}

} // namespace harmonia::tidy

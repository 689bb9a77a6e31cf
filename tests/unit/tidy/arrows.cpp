// Who may include whom. The link lists in CMakeLists.txt state the arrows; #include lines must
// follow.
#include "tests/unit/tidy/tree.hpp"

#include <algorithm>
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
        for (std::size_t i = 2; i < parts.size(); ++i)
            if (parts[i] == "LINKS" || parts[i] == "PARTIES")
                links = parts[i] == "LINKS";
            else if (links)
                library.links.insert(parts[i]);
        found[parts[0]] = library;
    }
    return found;
}

/// `harmonia_rooms(folder "room: lower rooms" …)`: what each room of a large folder may include.
/// A room is named after those that it may include, so that there is no circle.
using Rooms = std::map<std::string, std::map<std::string, std::set<std::string>>>;

Rooms rooms(const Tree& tree, Complaints& out) {
    Rooms found;
    const auto file = tree.files.find("CMakeLists.txt");
    if (file == tree.files.end())
        return found;
    std::string text;
    for (const std::string& line : file->second.lines)
        text += line.substr(0, line.find('#')) + " ";
    static const std::regex k_call(R"re(harmonia_rooms\((\S+)((?:\s+"[^"]*")*)\s*\))re");
    static const std::regex k_room(R"re("(\w+)(?::([^"]*))?")re");
    for (std::sregex_iterator call(text.begin(), text.end(), k_call), end; call != end; ++call) {
        auto& house = found[(*call)[1].str()];
        const std::string list = (*call)[2].str();
        for (std::sregex_iterator room(list.begin(), list.end(), k_room); room != end; ++room) {
            std::set<std::string> seen;
            for (const std::string& lower : words((*room)[2].str())) {
                if (!house.contains(lower))
                    out.push_back((*call)[1].str() + ": room " + (*room)[1].str() + " sees " +
                                  lower + ", which is not named before it");
                seen.insert(lower);
            }
            house[(*room)[1].str()] = seen;
        }
    }
    return found;
}

/// `jobs/screen/facts` is room `facts` of `jobs/screen`.
struct Address {
    std::string house, room;
};
Address address(const Rooms& rooms, const std::string& folder) {
    for (const auto& [house, inside] : rooms)
        if (folder.starts_with(house + "/") && inside.contains(folder.substr(house.size() + 1)))
            return {house, folder.substr(house.size() + 1)};
    return {folder, {}};
}

bool is_core(const std::string& folder) {
    return folder.starts_with("core/");
}

// Between two folders that are not rooms of one house.
bool allowed_houses(const std::map<std::string, Library>& all, const std::string& from,
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

// Whether files of one folder may include files of another; a house's own files see its rooms.
bool allowed(const std::map<std::string, Library>& all, const Rooms& rooms,
             const std::string& from_folder, const std::string& to_folder) {
    const Address from = address(rooms, from_folder), to = address(rooms, to_folder);
    if (from.house != to.house || from_folder == to_folder || from.room.empty())
        return allowed_houses(all, from.house, to.house);
    return rooms.at(from.house).at(from.room).contains(to.room);
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
    Room{"CLI/", {"cli/options/", "cli/options/"}},
    Room{"yaml-cpp/", {"core/config/", "core/config/"}},
    Room{"date/", {"core/time/", "core/time/"}},
    Room{"httplib", {"core/net/", "core/net/"}},
    Room{"curl/", {"core/net/", "core/net/"}},
    Room{"openssl/", {"core/base/", "core/net/"}},
    Room{"re2/", {"core/expr/", "core/expr/"}},
    Room{"simdjson", {"core/json/", "core/json/"}},
    Room{"utf8", {"core/base/", "core/json/"}},
    Room{"spdlog/", {"core/base/log.cpp", "core/base/log.cpp"}},
};

} // namespace

Complaints check_arrows(const Tree& tree) {
    Complaints out;
    const auto all = libraries(tree);
    const Rooms inside = rooms(tree, out);
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
            else if (!allowed(all, inside, file.folder(), to))
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

// decide is pure: neither it nor any header it reaches may see the database or the broker. In a
// large job it is these rooms.
constexpr std::array k_pure_rooms = {"jobs/match/predicates/", "jobs/screen/facts/",
                                     "jobs/screen/rules/",     "jobs/screen/features/",
                                     "jobs/screen/judge/",     "jobs/settle/accounts/procedures/"};

Complaints check_decide(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        const bool pure = std::any_of(k_pure_rooms.begin(), k_pure_rooms.end(),
                                      [&](const char* room) { return file.in(room); });
        if (!file.in("jobs/") || !file.cpp() || !(pure || file.name().starts_with("decide")))
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
    for (const auto& [house, inside] : rooms(tree, out))
        for (const auto& [room, lower] : inside)
            folders.insert(house + "/" + room);
    static const std::regex k_job("jobs/[a-z_]+|jobs/settle/[a-z_]+");
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

// One name, one thing: types and limits of a namespace are defined once, functions where their
// header says.
#include "tests/unit/tidy/tree.hpp"

#include <algorithm>
#include <regex>

namespace harmonia::tidy {
namespace {

/// Where in a source a definition stands. `named`: outside unnamed namespaces.
struct Scope {
    std::string name; ///< `harmonia::match`
    bool named = true;
};

/// Follows `namespace x {` and its `} // namespace x`, as clang-format lays them out.
class Scopes {
public:
    void line(const std::string& code, const std::string& whole) {
        static const std::regex k_open(R"(^namespace\s*([\w:]*)\s*\{)");
        std::smatch match;
        if (std::regex_search(code, match, k_open))
            open_.push_back(match[1].str());
        else if (whole.starts_with("} // namespace") && !open_.empty())
            open_.pop_back();
    }
    [[nodiscard]] Scope now() const {
        Scope scope;
        for (const std::string& name : open_) {
            scope.named = scope.named && !name.empty();
            if (!name.empty())
                scope.name += (scope.name.empty() ? "" : "::") + name;
        }
        return scope;
    }

private:
    std::vector<std::string> open_;
};

bool production(const File& file) {
    return file.cpp() && !file.in("tests/");
}

std::string stem(const std::string& path) {
    return path.substr(0, path.rfind('.'));
}

/// `namespace::function` at the beginning of lines, outside unnamed namespaces: what a header
/// declares, what a source defines.
std::set<std::string> functions(const File& file) {
    static const std::regex k_function(
        R"(^(?! )(?!(?:struct|class|enum|union|using|namespace|template|static|return)\b)[\w\[:<>*& ]*?)"
        R"([\w>*&\]]\s+[*&]?(\w+)\()");
    std::set<std::string> found;
    Scopes scopes;
    const auto code = bare_code(file);
    for (std::size_t i = 0; i < code.size(); ++i) {
        scopes.line(code[i], file.lines[i]);
        std::smatch match;
        if (scopes.now().named && std::regex_search(code[i], match, k_function))
            found.insert(scopes.now().name + "::" + match[1].str());
    }
    return found;
}

} // namespace

// The one-definition rule, which no compiler checks over two files: a vector of the one and a
// vector of the other would share their code.
Complaints check_types(const Tree& tree) {
    static const std::regex k_type(
        R"(^(?:struct|class|enum class|enum|union) (\w+)\b(?!\s*::)[^;]*\{)");
    std::map<std::string, std::string> where;
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!production(file))
            continue;
        Scopes scopes;
        const auto code = bare_code(file);
        for (std::size_t i = 0; i < code.size(); ++i) {
            scopes.line(code[i], file.lines[i]);
            std::smatch match;
            if (!scopes.now().named || !std::regex_search(code[i], match, k_type))
                continue;
            const std::string name = scopes.now().name + "::" + match[1].str();
            const auto [first, fresh] = where.emplace(name, path);
            if (!fresh && first->second != path)
                out.push_back(at(file, i, name + " is defined in " + first->second + " too"));
        }
    }
    return out;
}

// Two limits of one name are taken for one limit.
Complaints check_constants(const Tree& tree) {
    static const std::regex k_constant(R"(^(?:inline )?constexpr [^=({]*\b(k_\w+)\s*=\s*([^;]*))");
    struct Seen {
        std::string path, value;
    };
    std::map<std::string, Seen> seen;
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!production(file))
            continue;
        Scopes scopes;
        const auto code = bare_code(file);
        for (std::size_t i = 0; i < code.size(); ++i) {
            scopes.line(code[i], file.lines[i]);
            std::smatch match;
            const bool multiplied = code[i].ends_with('=');
            if (multiplied || !std::regex_search(code[i], match, k_constant) ||
                match[2].str().find_first_of("0123456789") == std::string::npos)
                continue;
            const std::string name = scopes.now().name + "::" + match[1].str();
            const auto [first, fresh] = seen.emplace(name, Seen{path, match[2].str()});
            if (!fresh && first->second.path != path && first->second.value != match[2].str())
                out.push_back(at(file, i, name + " has another value in " + first->second.path));
        }
    }
    return out;
}

// What a header declares, the source of its name defines: two files that define each other's
// functions are one file in disguise. A header without such a source leaves it open.
Complaints check_definitions(const Tree& tree) {
    std::map<std::string, std::set<std::string>> declared; // function → headers
    for (const auto& [path, file] : tree.files)
        if (production(file) && file.ends(".hpp"))
            for (const std::string& function : functions(file))
                declared[function].insert(stem(path));
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!production(file) || !file.ends(".cpp") || !tree.has(stem(path) + ".hpp"))
            continue;
        for (const std::string& function : functions(file)) {
            const auto headers = declared.find(function);
            if (headers == declared.end() || headers->second.contains(stem(path)))
                continue;
            const std::string& header = *headers->second.begin();
            if (headers->second.size() == 1 && tree.has(header + ".cpp"))
                out.push_back(path + ": defines " + function + " of " + header + ".hpp");
        }
    }
    return out;
}

} // namespace harmonia::tidy

// The checkout as data, for the rules of the house. Each rule is a function of a tree that returns
// its complaints, so that the same function judges the real tree (no complaint) and a made-up one
// (complaints).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::tidy {

struct File {
    std::string path; ///< relative to the root: `core/base/text.hpp`
    std::vector<std::string> lines;

    [[nodiscard]] bool ends(std::string_view suffix) const { return path.ends_with(suffix); }
    [[nodiscard]] bool in(std::string_view folder) const { return path.starts_with(folder); }
    [[nodiscard]] bool cpp() const { return ends(".cpp") || ends(".hpp"); }
    [[nodiscard]] std::string folder() const;
    [[nodiscard]] std::string name() const; ///< without folder
};

using Complaints = std::vector<std::string>;

struct Tree {
    std::map<std::string, File> files; ///< by path

    /// Text files of the checkout, without what is built or belongs to git.
    [[nodiscard]] static Tree of_checkout();
    /// A made-up tree: path and text in turn.
    [[nodiscard]] static Tree of(std::initializer_list<std::pair<const char*, const char*>> texts);
    [[nodiscard]] bool has(const std::string& path) const { return files.contains(path); }
};

/// `path:line: what`
[[nodiscard]] std::string at(const File& file, std::size_t line_index, std::string_view what);

/// Paths and headers named by #include lines, in order; quotes and brackets kept off.
struct Include {
    std::string target;
    bool quoted;
    std::size_t line_index;
};
[[nodiscard]] std::vector<Include> includes(const File& file);

// code.cpp
/// Source text without comments and literals, line by line.
[[nodiscard]] std::vector<std::string> bare_code(const File& file);
/// String literals in order, raw ones whole, others without their quotes, escapes as written.
struct Literal {
    std::size_t line_index; ///< where it begins
    std::string text;
    bool raw;
    bool adjoins; ///< only blanks stand between the one before and it
};
[[nodiscard]] std::vector<Literal> literals(const File& file);

/// The complaints one below the other, for a test's message.
[[nodiscard]] std::string joined(const Complaints& complaints);

// layout.cpp
[[nodiscard]] Complaints check_layout(const Tree& tree);
// arrows.cpp
[[nodiscard]] Complaints check_arrows(const Tree& tree);
[[nodiscard]] Complaints check_rooms(const Tree& tree);
[[nodiscard]] Complaints check_decide(const Tree& tree);
[[nodiscard]] Complaints check_libraries(const Tree& tree);
// names.cpp
[[nodiscard]] Complaints check_types(const Tree& tree);
[[nodiscard]] Complaints check_constants(const Tree& tree);
[[nodiscard]] Complaints check_definitions(const Tree& tree);
// sql.cpp
[[nodiscard]] Complaints check_sql_home(const Tree& tree);
[[nodiscard]] Complaints check_sql_layout(const Tree& tree);
[[nodiscard]] Complaints check_server_time(const Tree& tree);
// english.cpp
[[nodiscard]] Complaints check_english(const Tree& tree);
// acts.cpp
[[nodiscard]] Complaints check_acts(const Tree& tree);
[[nodiscard]] Complaints check_failpoints(const Tree& tree);
// house.cpp
[[nodiscard]] Complaints check_jobs(const Tree& tree);
[[nodiscard]] Complaints check_commands(const Tree& tree);
[[nodiscard]] Complaints check_migrations(const Tree& tree);
[[nodiscard]] Complaints check_words(const Tree& tree);
// docs.cpp
[[nodiscard]] Complaints check_docs(const Tree& tree);

} // namespace harmonia::tidy

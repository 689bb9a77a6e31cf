// SQL stands where one looks for it and reads like SQL.
#include "tests/unit/tidy/tree.hpp"

#include <algorithm>
#include <regex>

namespace harmonia::tidy {
namespace {

bool is_sql(const std::string& text) {
    static const std::regex k_statement(
        R"(^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|LOCK TABLE|TRUNCATE)\s[^]*)");
    return std::regex_match(text, k_statement);
}

/// Parts of a path below jobs/: rooms and the file's name without what follows a dot.
bool may_hold_sql(const std::string& path) {
    static const std::regex k_home(R"((^|/)(load|store|sink|manage)[^/]*(/|$))");
    return std::regex_search(path, k_home);
}

} // namespace

Complaints check_sql_home(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!file.cpp() || !file.in("jobs/") || may_hold_sql(path.substr(5)))
            continue;
        for (const Literal& literal : literals(file))
            if (is_sql(literal.text))
                out.push_back(
                    at(file, literal.line_index, "SQL outside load, store, sink, manage"));
    }
    return out;
}

// A statement over more than one line is a raw string, never literals put together.
Complaints check_sql_layout(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!file.cpp())
            continue;
        bool sql = false;
        for (const Literal& literal : literals(file)) {
            if (sql && literal.adjoins && !literal.raw && !file.in("tests/"))
                out.push_back(at(file, literal.line_index, "SQL in pieces: write a raw string"));
            sql = (literal.adjoins && sql) || is_sql(literal.text);
        }
    }
    return out;
}

// The server's time has two meanings, core/db two functions with names that say which.
Complaints check_server_time(const Tree& tree) {
    static const std::regex k_asked(
        R"(^\s*SELECT\s[^,]*\b(now|clock_timestamp|transaction_timestamp)\(\)[^,]*$)");
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!file.cpp() || file.in("tests/") || file.in("core/db/"))
            continue;
        for (const Literal& literal : literals(file))
            if (literal.text.find(" FROM ") == std::string::npos &&
                std::regex_search(literal.text, k_asked))
                out.push_back(
                    at(file, literal.line_index, "ask db::server_time() or db::server_clock()"));
    }
    return out;
}

} // namespace harmonia::tidy

// Size and shape: files, lines, functions, blanks.
#include "tests/unit/tidy/tree.hpp"

#include <algorithm>

namespace harmonia::tidy {
namespace {

constexpr std::size_t k_file_lines_max = 600;    // no file is a place to get lost in
constexpr std::size_t k_usual_lines_max = 400;   // nine files of ten
constexpr std::size_t k_columns_max = 100;       // two files side by side
constexpr std::size_t k_function_lines_max = 70; // one screen
constexpr std::size_t k_test_lines_max = 120;    // a test case is a list of sections

bool is_code(const File& file) {
    return file.cpp() || file.ends(".def") || file.ends(".sql") || file.ends(".cmake") ||
           file.name() == "CMakeLists.txt" || file.in("s/") || file.in(".ci/");
}

std::size_t columns(const std::string& line) { // code points, not bytes
    return static_cast<std::size_t>(
        std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::size_t indent(const std::string& line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

// Layout by clang-format makes a function's first line end in `{` and its last be `}` at the
// indentation of its signature. What else opens so is told by its first word.
bool opens_function(const std::string& line) {
    if (!line.ends_with('{') || line.find('(') == std::string::npos || line.ends_with("= {") ||
        line.find("= [") != std::string::npos) // a lambda counts with its function
        return false;
    const std::string text = line.substr(indent(line));
    for (const char* word : {"namespace", "struct", "class", "enum", "union", "if ", "for ",
                             "while ", "switch ", "} ", "do ", "else", "return", "try", "#"})
        if (text.starts_with(word))
            return false;
    return true;
}

void check_functions(const File& file, Complaints& out) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        if (indent(line) > 4 || !opens_function(line))
            continue;
        const std::string end = std::string(indent(line), ' ') + "}";
        std::size_t last = i;
        while (last < file.lines.size() && file.lines[last] != end)
            ++last;
        const std::size_t most =
            file.path.starts_with("tests/") ? k_test_lines_max : k_function_lines_max;
        if (last < file.lines.size() && last - i + 1 > most)
            out.push_back(at(file, i, "function of " + std::to_string(last - i + 1) + " lines"));
    }
}

// A raw string's line cannot be wrapped without changing what it says; a registration list is a
// table, one entry a line.
bool may_be_wide(const File& file, const std::string& line) {
    return line.find("R\"") != std::string::npos || (file.ends(".def") && !line.starts_with("//"));
}

void check_lines(const File& file, Complaints& out) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        if (is_code(file) && columns(line) > k_columns_max && !may_be_wide(file, line))
            out.push_back(at(file, i, "line over 100 columns"));
        if (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r') &&
            !file.ends(".test"))
            out.push_back(at(file, i, "blank at the end of the line"));
        if (is_code(file) && line.find('\t') != std::string::npos)
            out.push_back(at(file, i, "tab"));
    }
}

} // namespace

Complaints check_layout(const Tree& tree) {
    Complaints out;
    std::size_t sources = 0, long_sources = 0;
    for (const auto& [path, file] : tree.files) {
        check_lines(file, out);
        if (!is_code(file))
            continue;
        if (file.lines.size() > k_file_lines_max)
            out.push_back(path + ": " + std::to_string(file.lines.size()) + " lines");
        if (file.cpp()) {
            ++sources;
            long_sources += file.lines.size() > k_usual_lines_max ? 1U : 0U;
            check_functions(file, out);
        }
        if (file.ends(".hpp") &&
            std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end())
            out.push_back(path + ": no #pragma once");
    }
    if (long_sources * 10 > sources)
        out.push_back(std::to_string(long_sources) + " of " + std::to_string(sources) +
                      " sources have over 400 lines; one in ten may");
    return out;
}

} // namespace harmonia::tidy

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
constexpr std::size_t k_folder_max = 25;         // a room whose walls one sees

bool is_code(const File& file) {
    return file.cpp() || file.ends(".def") || file.ends(".sql") || file.ends(".cmake") ||
           file.name() == "CMakeLists.txt" || file.in("s/") || file.in(".ci/");
}

std::size_t columns(const std::string& line) { // code points, not bytes
    return static_cast<std::size_t>(std::count_if(
        line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::size_t indent(const std::string& line) {
    return std::min(line.find_first_not_of(' '), line.size());
}

// Layout by clang-format makes a function's first line end in `{` and its last be `}` at the
// indentation of its signature. What else opens so is told by its first word.
bool opens_function(const std::string& line) {
    if (!line.ends_with('{') || line.find('(') == std::string::npos || line.ends_with("= {") ||
        line.ends_with("({") ||                // a list handed over
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

// A registration list is a table, one entry a line; a sample of a message is as it is sent.
bool may_be_wide(const File& file, const std::string& line) {
    return (file.ends(".def") && !line.starts_with("//")) ||
           (file.in("tests/") && line.find("R\"") != std::string::npos);
}

void check_lines(const File& file, Complaints& out) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        if (is_code(file) && columns(line) > k_columns_max && !may_be_wide(file, line))
            out.push_back(at(file, i, "line over 100 columns"));
        if (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r') &&
            !file.ends(".test") && !file.in("tests/fuzz/corpus/"))
            out.push_back(at(file, i, "blank at the end of the line"));
        if (is_code(file) && line.find('\t') != std::string::npos)
            out.push_back(at(file, i, "tab"));
    }
}

// A header and the source of its name count once.
void check_folders(const Tree& tree, Complaints& out) {
    std::map<std::string, std::set<std::string>> folders;
    for (const auto& [path, file] : tree.files)
        if (file.cpp() || file.ends(".def"))
            folders[file.folder()].insert(file.name().substr(0, file.name().rfind('.')));
    for (const auto& [folder, names] : folders)
        if (names.size() > k_folder_max)
            out.push_back(folder + ": " + std::to_string(names.size()) + " sources, more than " +
                          std::to_string(k_folder_max));
}

} // namespace

Complaints check_layout(const Tree& tree) {
    Complaints out;
    check_folders(tree, out);
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

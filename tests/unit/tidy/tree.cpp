#include "tests/unit/tidy/tree.hpp"

#include "tests/support/source.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace harmonia::tidy {
namespace {

constexpr std::array k_text_endings = {".cpp", ".hpp",  ".def",     ".sql",   ".cmake",
                                       ".txt", ".md",   ".yaml",    ".yml",   ".json",
                                       ".scd", ".test", ".service", ".timer", ".crontab"};

std::vector<std::string> lines_of(std::istream& in) {
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

bool is_script(const std::string& path) {
    return path.starts_with("s/") || path == ".ci/run" || path.starts_with("scripts/");
}

bool is_text(const std::string& path) {
    return is_script(path) || std::any_of(
                                  k_text_endings.begin(), k_text_endings.end(),
                                  [&](const char* end) { return path.ends_with(end); });
}

bool is_ours(const std::string& name) {
    return name != ".git" && name != ".run" && name != "build" && !name.starts_with("build-");
}

} // namespace

std::string File::folder() const {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::string File::name() const {
    return path.substr(path.rfind('/') + 1);
}

Tree Tree::of_checkout() {
    namespace fs = std::filesystem;
    Tree tree;
    const fs::path root = test::source_root();
    for (auto at = fs::recursive_directory_iterator(root); at != fs::end(at); ++at) {
        if (at.depth() == 0 && !is_ours(at->path().filename().string())) {
            at.disable_recursion_pending();
            continue;
        }
        const std::string path = fs::relative(at->path(), root).string();
        if (at->is_regular_file() && is_text(path)) {
            std::ifstream in(at->path(), std::ios::binary);
            tree.files[path] = {path, lines_of(in)};
        }
    }
    return tree;
}

Tree Tree::of(std::initializer_list<std::pair<const char*, const char*>> texts) {
    Tree tree;
    for (const auto& [path, text] : texts) {
        std::istringstream in(text);
        tree.files[path] = {path, lines_of(in)};
    }
    return tree;
}

std::string at(const File& file, std::size_t line_index, std::string_view what) {
    return file.path + ":" + std::to_string(line_index + 1) + ": " + std::string(what);
}

std::vector<Include> includes(const File& file) {
    std::vector<Include> found;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const std::string& line = file.lines[i];
        if (!line.starts_with("#include"))
            continue;
        const auto open = line.find_first_of("\"<");
        const auto close = line.find_last_of("\">");
        if (open != std::string::npos && close > open)
            found.push_back({line.substr(open + 1, close - open - 1), line[open] == '"', i});
    }
    return found;
}

std::string joined(const Complaints& complaints) {
    std::string text;
    for (const std::string& complaint : complaints)
        text += "\n  " + complaint;
    return text;
}

} // namespace harmonia::tidy

// Documents and comments name only what exists: links, `paths` in backticks, pages of docs/.
#include "tests/unit/tidy/tree.hpp"

#include <algorithm>
#include <filesystem>
#include <regex>

namespace harmonia::tidy {
namespace {

bool exists(const Tree& tree, std::string path) {
    while (path.ends_with('/'))
        path.pop_back();
    return tree.has(path) || path == "LICENSE" ||
           std::any_of(tree.files.begin(), tree.files.end(),
                       [&](const auto& entry) { return entry.second.in(path + "/"); });
}

// A path with a placeholder (NAME, AREA, NNNN, *) stands for many.
bool stands_for_many(const std::string& path) {
    static const std::regex k_placeholder(R"([*<{]|[A-Z]{4}|YYYY)");
    return std::regex_search(path, k_placeholder);
}

std::string target(const File& file, const std::string& link) {
    const std::filesystem::path path = std::filesystem::path(file.folder()) / link;
    return path.lexically_normal().string();
}

void check_line(const Tree& tree, const File& file, std::size_t i, Complaints& out) {
    static const std::regex k_link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
    static const std::regex k_path(
        R"(`((cli|jobs|importers|exporters|core|docs|migrations|scripts|tests)/[^` ]*)"
        R"(|s/[a-z_]+)`)");
    const std::string& line = file.lines[i];
    for (std::sregex_iterator at(line.begin(), line.end(), k_link), end; at != end; ++at)
        if (!exists(tree, target(file, (*at)[1].str())))
            out.push_back(tidy::at(file, i, "link to nothing: " + (*at)[1].str()));
    for (std::sregex_iterator at(line.begin(), line.end(), k_path), end; at != end; ++at) {
        const std::string path = (*at)[1].str();
        if (!stands_for_many(path) && !exists(tree, path))
            out.push_back(tidy::at(file, i, "no such file: " + path));
    }
}

// Comments name documents and sources by their path from the root, or a source beside them by its
// name; `docs/decisions/0009` stands for the page of that number.
void check_comments(const Tree& tree, const File& file, Complaints& out) {
    static const std::regex k_document(R"(docs/[\w/.-]*\w)");
    static const std::regex k_page(R"(docs/decisions/\d{4})");
    static const std::regex k_beside(R"(\((\w+\.[hc]pp)\))");
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
        const auto comment = file.lines[i].find("//");
        if (comment == std::string::npos || file.in("tests/"))
            continue;
        const std::string text = file.lines[i].substr(comment);
        for (std::sregex_iterator at(text.begin(), text.end(), k_document), end; at != end; ++at) {
            const std::string path = at->str();
            const bool page =
                std::regex_match(path, k_page) &&
                std::any_of(tree.files.begin(), tree.files.end(),
                            [&](const auto& entry) { return entry.first.starts_with(path + "-"); });
            if (!page && !stands_for_many(path) && !exists(tree, path))
                out.push_back(tidy::at(file, i, "no such document: " + path));
        }
        for (std::sregex_iterator at(text.begin(), text.end(), k_beside), end; at != end; ++at)
            if (!tree.has(file.folder() + "/" + (*at)[1].str()))
                out.push_back(tidy::at(file, i, "no such file beside this: " + (*at)[1].str()));
    }
}

} // namespace

Complaints check_docs(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (file.cpp() || file.ends(".def"))
            check_comments(tree, file, out);
        if (!file.ends(".md"))
            continue;
        bool code = false;
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            if (file.lines[i].starts_with("```"))
                code = !code;
            if (!code)
                check_line(tree, file, i, out);
        }
    }
    return out;
}

} // namespace harmonia::tidy

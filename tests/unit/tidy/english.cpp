// What people read is English as it is spoken: phrases that this house once used and nobody else.
#include "tests/unit/tidy/tree.hpp"

#include <regex>

namespace harmonia::tidy {
namespace {

// "there is no such file" and "is no longer" are said; "5 is no number" is not.
bool said(const std::string& before, const std::string& phrase, const std::string& after) {
    return phrase.find(" no ") != std::string::npos &&
           (before.ends_with("there ") || before.ends_with("There ") ||
            phrase.back() + after.substr(0, 5) == "longer");
}

void check_text(const File& file, std::size_t line_index, const std::string& text,
                Complaints& out) {
    static const std::regex k_refused(
        R"(\b(is|are) no [a-z]|which there is not|\bso many\b|\bof ours\b|)"
        R"(that is none|what is none|\bshall\b)");
    for (std::sregex_iterator at(text.begin(), text.end(), k_refused), end; at != end; ++at)
        if (!said(at->prefix(), at->str(), at->suffix()))
            out.push_back(tidy::at(file, line_index, "nobody says '" + at->str() + "'"));
}

} // namespace

// CONTRIBUTING names the phrases in order to forbid them.
Complaints check_english(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (file.cpp() && !file.in("tests/"))
            for (const Literal& literal : literals(file))
                check_text(file, literal.line_index, literal.text, out);
        const bool prose = file.ends(".md") || file.ends(".scd") || file.ends(".yaml") ||
                           file.ends(".hpp") || file.in("cli/frame/commands.def");
        if (prose && !file.in("tests/") && file.name() != "CONTRIBUTING.md")
            for (std::size_t i = 0; i < file.lines.size(); ++i)
                check_text(file, i, file.lines[i], out);
    }
    return out;
}

} // namespace harmonia::tidy

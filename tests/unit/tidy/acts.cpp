// What becomes visible to others (commit, acknowledge, confirm, rename) happens in core only,
// between failpoint_before and failpoint_after; every failpoint of the list is used.
#include "tests/unit/tidy/tree.hpp"

#include <array>
#include <regex>

namespace harmonia::tidy {
namespace {

struct Act {
    const char* pattern; ///< in a line of source
    const char* home;    ///< the only folder whose sources may do it
};
constexpr std::array k_acts = {
    Act{R"("\s*(COMMIT|END|PREPARE TRANSACTION)\b)", "core/db/"},
    Act{R"((\.|->)commit\(\s*\))", "core/db/"},
    Act{R"(\bamqp_basic_(ack|nack|reject)\b)", "core/broker/"},
    Act{R"(\bamqp_(basic_publish|confirm_select|tx_commit)\b)", "core/broker/"},
    Act{R"((filesystem|fs|std)::rename\()", "core/base/"},
    Act{R"((^|[^\w:.>])(::)?rename(at2?)?\()", "core/base/"},
};

bool names_failpoints(const File& file) {
    bool before = false, after = false;
    for (const std::string& line : file.lines) {
        before = before || line.find("failpoint_before(") != std::string::npos;
        after = after || line.find("failpoint_after(") != std::string::npos;
    }
    return before && after;
}

} // namespace

Complaints check_acts(const Tree& tree) {
    Complaints out;
    for (const auto& [path, file] : tree.files) {
        if (!file.cpp() || file.in("tests/"))
            continue;
        for (const Act& act : k_acts) {
            const std::regex pattern(act.pattern);
            for (std::size_t i = 0; i < file.lines.size(); ++i) {
                if (file.lines[i].find_first_not_of(' ') == file.lines[i].find("//") ||
                    !std::regex_search(file.lines[i], pattern))
                    continue;
                if (!file.in(act.home))
                    out.push_back(at(file, i, std::string("happens in ") + act.home + " only"));
                else if (!names_failpoints(file) &&
                         file.lines[i].find("confirm_select") == std::string::npos)
                    out.push_back(at(file, i, "happens between no failpoints"));
            }
        }
    }
    return out;
}

Complaints check_failpoints(const Tree& tree) {
    Complaints out;
    const auto list = tree.files.find("core/base/failpoints.def");
    if (list == tree.files.end())
        return {"core/base/failpoints.def is missing"};
    static const std::regex k_entry(R"(^FAILPOINT\((\w+)\))");
    for (const std::string& line : list->second.lines) {
        std::smatch match;
        if (!std::regex_search(line, match, k_entry))
            continue;
        const std::regex use("Failpoint::" + match[1].str() + "\\b");
        bool used = false;
        for (const auto& [path, file] : tree.files)
            if (file.cpp() && !file.in("tests/"))
                for (const std::string& code : file.lines)
                    used = used || std::regex_search(code, use);
        if (!used)
            out.push_back("failpoint " + match[1].str() + " is used nowhere");
    }
    return out;
}

} // namespace harmonia::tidy

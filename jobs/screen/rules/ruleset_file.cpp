#include "jobs/screen/rules/ruleset_file.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

namespace harmonia::screen {
namespace {

constexpr std::int64_t k_version_max = 1'000'000'000; // far beyond any, and fits an int

} // namespace

RulesetName parse_ruleset_name(const std::string& text) {
    const auto at = text.rfind('@');
    if (at == std::string::npos && !text.empty())
        return {text, 0};
    const auto version = at == std::string::npos ? std::nullopt : parse_int(text.substr(at + 1));
    if (at == 0 || !version || *version < 1 || *version > k_version_max)
        throw Error(
            Exit::usage,
            fmt::format("a rule set must be NAME or NAME@VERSION, got '{}'", printable(text)),
            "Write cards, or cards@8 for a certain version.");
    return {text.substr(0, at), static_cast<int>(*version)};
}

std::string print_ruleset_name(const RulesetName& name) {
    return name.version == 0 ? name.name : fmt::format("{}@{}", name.name, name.version);
}

RulesetFile read_ruleset_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw Error(Exit::no_input, fmt::format("cannot read {}", path));
    std::ostringstream text;
    text << file.rdbuf();
    RulesetFile out{text.str(), {}};
    out.ruleset = Ruleset::parse(out.yaml, path);
    return out;
}

} // namespace harmonia::screen

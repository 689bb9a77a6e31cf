#include "jobs/alert/matcher.hpp"

#include "core/base/text.hpp"

#include <algorithm>

namespace harmonia::alert {
namespace {

bool names_label(std::string_view name) {
    return !name.empty() && std::all_of(
                                name.begin(), name.end(),
                                [](char c) {
                                    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                                           (c >= '0' && c <= '9') || c == '_';
                                });
}

/// Without its quotes and with `\"` and `\\` unescaped; empty when a quote is not closed.
std::optional<std::string> unquoted(std::string_view text) {
    if (!text.starts_with('"'))
        return text.find('"') == std::string_view::npos ? std::optional(std::string(text))
                                                        : std::nullopt;
    std::string out;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (text[at] == '"')
            return at + 1 == text.size() ? std::optional(out) : std::nullopt;
        if (text[at] == '\\' && at + 1 < text.size() &&
            (text[at + 1] == '"' || text[at + 1] == '\\'))
            ++at;
        out += text[at];
    }
    return std::nullopt;
}

std::string_view value_of(const observe::Labels& labels, const std::string& name) {
    const auto found = labels.find(name);
    return found == labels.end() ? std::string_view() : std::string_view(found->second);
}

} // namespace

Expected<Matcher> Matcher::parse(std::string_view typed) {
    const std::string_view text = trim(typed);
    const auto wrong = [&](const std::string& why) {
        return bad("bad_matcher", {}, "'" + printable(text, 120) + "': " + why);
    };
    const std::size_t at = text.find_first_of("=!");
    if (at == std::string_view::npos)
        return wrong("must be NAME=VALUE, NAME!=VALUE, NAME=~PATTERN or NAME!~PATTERN");
    Matcher made;
    made.text_ = text;
    made.name_ = trim(text.substr(0, at));
    if (!names_label(made.name_))
        return wrong("the label's name must consist of letters, digits and underscores");
    made.equal_ = text[at] == '=';
    const char second = at + 1 < text.size() ? text[at + 1] : '\0';
    const bool pattern = second == '~';
    if (!made.equal_ && !pattern && second != '=')
        return wrong("! must be followed by = or ~");
    const auto given = trim(text.substr(at + (made.equal_ && !pattern ? 1 : 2)));
    if (given.empty()) // an unset shell variable would silence too much
        return wrong("an empty value must be written as \"\"");
    const auto value = unquoted(given);
    if (!value)
        return wrong("unterminated quotes");
    made.value_ = *value;
    if (pattern) {
        const std::vector<expr::Name> names{{"value", expr::Type::text}};
        auto program = expr::Program::compile(
            expr::call("matches", {expr::name("value"), expr::literal_text(made.value_)}), names);
        if (!program)
            return wrong(program.error().detail);
        made.pattern_ = std::make_shared<const expr::Program>(std::move(*program));
    }
    return made;
}

bool Matcher::matches(const observe::Labels& labels) const {
    const auto value = value_of(labels, name_);
    if (!pattern_)
        return (value == value_) == equal_;
    expr::Arena arena;
    const std::vector<expr::Value> row{expr::Value::of_text(value)};
    return pattern_->eval(row, arena).is_true() == equal_;
}

bool all_match(const Matchers& matchers, const observe::Labels& labels) {
    return std::all_of(
        matchers.begin(), matchers.end(),
        [&](const Matcher& matcher) { return matcher.matches(labels); });
}

Matchers read_matchers(const config::Value& list) {
    Matchers out;
    for (const auto& item : list.list()) {
        auto matcher = Matcher::parse(item.as_text());
        if (!matcher)
            item.fail(matcher.error().detail);
        out.push_back(std::move(*matcher));
    }
    return out;
}

} // namespace harmonia::alert

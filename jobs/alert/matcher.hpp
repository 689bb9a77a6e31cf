// Matchers: conditions on labels, used by routes, silences and inhibitions.
//
//     card="0622241201382a45"   severity!=info   merchant=~"shop-(a|b)"   rule!~"V-.*"
//
// `=~` and `!~` match the whole value (RE2: linear time). A missing label is the empty string.
// Besides its labels an alert has `severity` and `kind`.
#pragma once

#include "core/base/expected.hpp"
#include "core/config/value.hpp"
#include "core/expr/expr.hpp"
#include "core/observe/alert_event.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::alert {

class Matcher {
public:
    /// Problem `bad_matcher` with the reason.
    [[nodiscard]] static Expected<Matcher> parse(std::string_view text);
    [[nodiscard]] bool matches(const observe::Labels& labels) const;
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_, name_, value_;
    bool equal_ = true;
    std::shared_ptr<const expr::Program> pattern_; ///< null: compared literally
};
using Matchers = std::vector<Matcher>; ///< all must match

[[nodiscard]] bool all_match(const Matchers& matchers, const observe::Labels& labels);

/// A list of strings; Error(config) placed at the mistake.
[[nodiscard]] Matchers read_matchers(const config::Value& list);

} // namespace harmonia::alert

// Templates: texts with holes, for mails, messages and requests. No code, no file access.
//
//     {{ path | filter | filter:argument }}     a value of the data, by dotted path
//     {{#each path}} … {{/each}}                once an item; paths begin at the item, then outside
//     {{#if path}} … {{#else}} … {{/if}}        neither absent, null, false, 0, empty text nor list
//
// Filters: `upper`; `trunc:N` (characters); `json` (a JSON value); `html` (escaped); `time` or
// `time:ZONE` (an RFC 3339 time, to the second); `money:CODE` (an integer of minor units). A form
// says which paths there are: one that is not is an error when the template is compiled, so that no
// alert is the first to find out.
#pragma once

#include "core/base/expected.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::expr {

class Template {
public:
    enum class Escape { none, html }; ///< html: every value is escaped unless it has filter html

    /// `form`: data with every path that there may be. An item of a list stands for all; an object
    /// that holds `*` may have members of any name. Problem.detail is `line:column: message`.
    [[nodiscard]] static Expected<Template>
    compile(std::string_view text, const nlohmann::json& form, Escape escape = Escape::none);
    /// A path that the data does not have prints nothing. Any thread.
    [[nodiscard]] std::string render(const nlohmann::json& data) const;

    struct Piece; ///< of template.cpp

private:
    std::shared_ptr<const std::vector<Piece>> pieces_;
    Escape escape_ = Escape::none;
};

/// `text` with & < > " ' as entities.
[[nodiscard]] std::string html_escaped(std::string_view text);

} // namespace harmonia::expr

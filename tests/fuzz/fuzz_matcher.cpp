// Any text is a matcher or a mistake; a matcher's own text is the same matcher again, and what is
// not equal is different. What an operator's section of alerts says of routes is read or refused.
#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "jobs/alert/matcher.hpp"
#include "jobs/alert/settings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

using namespace harmonia;
using alert::Matcher;
using observe::Labels;

namespace {

const std::array<Labels, 4>& some_labels() {
    static const std::array<Labels, 4> k_labels{
        {{{"card", "0622241201382a45"}, {"kind", "fraud.verdict"}, {"severity", "critical"}},
         {{"card", ""}, {"merchant", "shop-\"1\"\\"}, {"kind", "\xFF\xC4"}},
         {{"a", "a\nb"}, {"kind", "x"}},
         {}}};
    return k_labels;
}

/// The same with `!` for equality and back, where the text says plainly which it is.
std::string opposite(const std::string& text) {
    const std::size_t at = text.find_first_of("=!");
    if (text[at] == '!')
        return text.substr(0, at) + (text[at + 1] == '~' ? "=~" : "=") + text.substr(at + 2);
    const bool pattern = text[at + 1] == '~';
    return text.substr(0, at) + (pattern ? "!~" : "!=") + text.substr(at + (pattern ? 2 : 1));
}

void read_section(std::string_view text) {
    try {
        const auto settings = alert::Settings::load(config::parse(std::string(text), "fuzz.yaml"));
        HARMONIA_CHECK(settings.find_route("0") != nullptr);
    } catch (const Error& error) {
        HARMONIA_CHECK(error.exit() == Exit::config);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (text.starts_with("alerts:"))
        read_section(text);
    const auto made = Matcher::parse(text);
    if (!made) {
        HARMONIA_CHECK(made.error().code == "bad_matcher" && !made.error().detail.empty());
        return 0;
    }
    const auto again = Matcher::parse(made->text());
    HARMONIA_CHECK(again && again->text() == made->text());
    const auto other = Matcher::parse(opposite(made->text()));
    for (const Labels& labels : some_labels()) {
        HARMONIA_CHECK(made->matches(labels) == again->matches(labels));
        if (other)
            HARMONIA_CHECK(made->matches(labels) != other->matches(labels));
    }
    return 0;
}

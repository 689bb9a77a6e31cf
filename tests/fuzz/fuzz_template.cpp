// Any text is a template or a placed mistake; a template renders any data, twice to the same, and
// with escaping no value brings markup of its own.
#include "core/base/check.hpp"
#include "core/expr/template.hpp"
#include "jobs/alert/channels/channel.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace harmonia;
using Json = nlohmann::json;

namespace {

const Json& data() {
    static const Json k_data = [] {
        const Json odd{{"id", "\xC4\xB1<b>\""},
                       {"at", "2026-03-04T10:10:00.000001Z"},
                       {"ends_at", nullptr},
                       {"summary", "a & b\r\nBcc: x"},
                       {"labels", {{"card", "<script>"}, {"merchant", "{{ title }}"}}},
                       {"details", {{"amount", 8400}, {"deep", {{"er", Json::array({1, "<"})}}}}},
                       {"count", -9'223'372'036'854'775'807LL - 1}};
        return Json{{"title", "it's <late>"},
                    {"severity", "critical"},
                    {"number", 3},
                    {"total", 2},
                    {"more", 0},
                    {"group", {{"labels", {{"card", true}}}}},
                    {"alerts", {odd, odd}}};
    }();
    return k_data;
}

std::size_t brackets(std::string_view text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '<'));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    using expr::Template;
    const auto plain = Template::compile(text, alert::template_form());
    const auto html = Template::compile(text, alert::template_form(), Template::Escape::html);
    HARMONIA_CHECK(plain.has_value() == html.has_value());
    if (!plain) {
        HARMONIA_CHECK(!plain.error().detail.empty());
        HARMONIA_CHECK(plain.error().detail.find(':') != std::string::npos);
        return 0;
    }
    for (const Json& some : {data(), Json::object()})
        HARMONIA_CHECK(plain->render(some) == plain->render(some));
    const std::string rendered = html->render(data());
    if (brackets(text) == 0)
        HARMONIA_CHECK(brackets(rendered) == 0);
    return 0;
}

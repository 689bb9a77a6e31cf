// Any text is a configuration or a refusal with a place; what is shown of one reads back as the
// same tree, and laying a tree over itself changes nothing.
#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "core/config/layers.hpp"

#include <cstddef>
#include <cstdint>

using namespace harmonia;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    config::Value root;
    try {
        root = config::parse(text, "f");
    } catch (const Error& error) {
        HARMONIA_CHECK(error.exit() == Exit::config);
        HARMONIA_CHECK(std::string_view(error.what()).starts_with("f:"));
        return 0;
    }
    const std::string shown = config::render(root, false);
    const config::Value again = config::parse(shown, "g");
    HARMONIA_CHECK(config::render(again, false) == shown);
    HARMONIA_CHECK(config::render_json(again) == config::render_json(root));
    HARMONIA_CHECK(config::render(config::parse(config::render(root, true), "h"), false) == shown);
    try {
        HARMONIA_CHECK(config::render(config::merge(root, root), false) == shown);
        static_cast<void>(config::expand(root));
    } catch (const Error& error) {
        HARMONIA_CHECK(error.exit() == Exit::config); // two items of one name, an unset variable
    }
    return 0;
}

// Root configurations against a general parser: what we take is an object with a rate, a limit and
// an info in their ranges, as the general parser sees them.
#include "core/base/check.hpp"
#include "core/smp/root_config.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>

using namespace harmonia;

namespace {

using Json = nlohmann::json;

std::string text_of(const Json& json, const char* member) {
    return json.contains(member) ? json.at(member).get<std::string>() : "";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto config = smp::parse_root_config(text);
    const Json json = Json::parse(text, nullptr, false);
    if (!config) {
        HARMONIA_CHECK(config.error().code != "json" || !json.is_object());
        return 0;
    }
    HARMONIA_CHECK(config->rate >= smp::k_rate_min && config->rate <= smp::k_rate_max);
    HARMONIA_CHECK(config->limit >= 0);
    if (text.empty())
        return 0;
    if (json.is_discarded()) {
        HARMONIA_CHECK(text.find_first_of("eE0") != text.npos);
        return 0; // a number that no double can hold, where nobody looks, is still JSON
    }
    HARMONIA_CHECK(json.is_object());
    if (json.contains("limit"))
        HARMONIA_CHECK(json.at("limit").get<std::int64_t>() == config->limit);
    if (json.contains("rate"))
        HARMONIA_CHECK(static_cast<float>(json.at("rate").get<double>()) == config->rate);
    if (json.contains("info")) {
        const Json& info = json.at("info");
        HARMONIA_CHECK(text_of(info, "iri") == config->info.iri);
        HARMONIA_CHECK(text_of(info, "contentType") == config->info.content_type);
        HARMONIA_CHECK(text_of(info, "sha256") == config->info.sha256);
    } else {
        HARMONIA_CHECK(config->info == smp::DebtorInfo{});
    }
    return 0;
}

// Any bytes are an alert in one of the two forms, or refused with a code; an alert that is taken
// can be stored and published, reads back as itself, and shows no card number.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/base/uuid.hpp"
#include "core/card/redact.hpp"
#include "importers/format/formats.hpp"
#include "jobs/alert/bodies/envelope.hpp"

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

using namespace harmonia;

namespace {

const card::CardKeys& keys() {
    static const auto k_keys = [] {
        const auto path =
            std::filesystem::temp_directory_path() / ("fuzz_alert_key." + print_uuid(uuid_v7(0)));
        std::ofstream(path) << std::string(32, 'k');
        ::chmod(path.c_str(), 0400);
        card::CardSettings settings;
        settings.key_file = path;
        auto opened = card::CardKeys::open(settings);
        std::filesystem::remove(path);
        return opened;
    }();
    return *k_keys;
}

void holds(const observe::AlertEvent& event) {
    HARMONIA_CHECK(parse_uuid(event.id));
    HARMONIA_CHECK(observe::is_alert_kind(event.kind) &&
                   observe::is_alert_severity(event.severity));
    for (const std::string* text : {&event.details, &event.correlation}) {
        HARMONIA_CHECK(nlohmann::json::parse(*text).is_object());
        HARMONIA_CHECK(find_bad_utf8(*text) == std::string::npos);
    }
    for (const auto& [name, value] : event.labels)
        HARMONIA_CHECK(!card::shows_card(value) && find_bad_utf8(value) == std::string::npos);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const alert::EnvelopeContext k_context{keys, 1'795'262'400'000'000};
    static const auto k_format = importers::make_card_message();
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    expr::Arena arena;
    const auto stored = k_format->parser({})->storable(body, arena);
    HARMONIA_CHECK(stored.text.size() <= 3 * body.size() + 16);
    const auto event = alert::read_envelope(body, k_context);
    if (!event) {
        const std::string& code = event.error().code;
        HARMONIA_CHECK(code == "bad_json" || code == "not_an_alert" || code == "bad_alert");
        return 0;
    }
    holds(*event);
    const std::string published = observe::alert_json(*event);
    const auto again = alert::read_envelope(published, k_context);
    HARMONIA_CHECK(again && observe::alert_json(*again) == published);
    return 0;
}

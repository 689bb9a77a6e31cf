// Any bytes are an identifier file or a refusal that names a line; what is accepted is checked and
// unique.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "jobs/mids/decide.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <tuple>

using namespace harmonia;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto file = mids::parse_file(text);
    if (!file) {
        HARMONIA_CHECK(!file.error().code.empty());
        HARMONIA_CHECK(file.error().detail.starts_with("line "));
        HARMONIA_CHECK(file.error().detail.size() <= 250);
        return 0;
    }
    HARMONIA_CHECK(file->added.size() + file->deleted.size() <= file->rows);
    std::set<std::tuple<std::string, std::string, std::string>> keys;
    const auto once = [&](const mids::Key& key) {
        HARMONIA_CHECK(keys.emplace(key.provider, key.type, key.identifier).second);
        HARMONIA_CHECK(find_bad_utf8(key.identifier) == std::string_view::npos);
    };
    for (mids::Identifier row : file->added) {
        HARMONIA_CHECK(mids::check(row).has_value());
        once(row.key);
    }
    for (mids::Key key : file->deleted) {
        HARMONIA_CHECK(mids::check(key).has_value());
        once(key);
    }
    return 0;
}

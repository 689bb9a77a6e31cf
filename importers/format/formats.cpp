#include "importers/format/formats.hpp"

#include "core/base/text.hpp"

#include <array>

namespace harmonia::importers {
namespace {

struct Entry {
    const char* kind;
    std::shared_ptr<const Format> (*make)(const FormatSpec&);
};
constexpr std::array<Entry, 5> k_formats{{
    {"csv", make_csv},
    {"delimited", make_csv}, // another name of the same
    {"fixed", make_fixed},
    {"json", make_json},
    {"kvlines", make_kvlines},
}};

} // namespace

std::string title_of(const FormatSpec& spec, const std::string& name) {
    const config::Value* entry = spec.fields == nullptr ? nullptr : spec.fields->find(name);
    return entry == nullptr ? name : entry->as_text();
}

std::shared_ptr<const Format> make_format(const config::Value& format, const config::Value* fields,
                                          const std::vector<std::string>& used,
                                          const CardFields* cards) {
    const config::Value* kind = format.find("kind");
    if (kind == nullptr)
        format.fail("'kind' is missing", "Write kind: csv, fixed, json or kvlines.");
    for (const Entry& entry : k_formats)
        if (kind->as_text() == entry.kind)
            return entry.make({format, fields, used, cards});
    std::vector<std::string> names;
    for (const Entry& entry : k_formats)
        names.emplace_back(entry.kind);
    const auto near = nearest(kind->as_text(), names);
    kind->fail("unknown format '" + kind->as_text() + "'",
               near ? "Did you mean '" + *near + "'?" : "Formats: " + join(names, ", ") + ".");
}

} // namespace harmonia::importers

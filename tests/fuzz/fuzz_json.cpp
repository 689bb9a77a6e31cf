// Our strict reading of a JSON record against a general parser: what we accept is JSON and the
// values agree; what we refuse is either no JSON, or one of the refusals that docs/formats/json.md
// names.
#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/config/config.hpp"
#include "importers/source/record.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace harmonia;

namespace {

const std::vector<std::string> k_used{"a", "b.c", "l[Key=\"k\"].Value"};

// The first object of the list whose Key is "k"; null when there is none.
nlohmann::json selected(const nlohmann::json& root) {
    const auto list = root.find("l");
    if (list == root.end() || !list->is_array())
        return nullptr;
    for (const auto& item : *list)
        if (item.is_object() && item.contains("Key") && item["Key"] == "k")
            return item.contains("Value") ? item["Value"] : nlohmann::json();
    return nullptr;
}

void check_same(const expr::Value& ours, const nlohmann::json& theirs) {
    if (theirs.is_null())
        HARMONIA_CHECK(ours.is_null());
    else if (theirs.is_string())
        HARMONIA_CHECK(ours.type == expr::Type::text && ours.text == theirs.get<std::string>());
    else if (theirs.is_boolean())
        HARMONIA_CHECK(ours.type == expr::Type::boolean && ours.is_true() == theirs.get<bool>());
    else
        HARMONIA_CHECK(ours.type == expr::Type::text || theirs.contains("__value__"));
}

nlohmann::json member(const nlohmann::json& from, const char* name) {
    return from.is_object() && from.contains(name) ? from[name] : nlohmann::json();
}

// What only we refuse: NUL and half surrogates, long numbers and exponents, depth, repeated
// members.
bool may_refuse(std::string_view text, const Problem& problem) {
    return problem.code == "duplicate_key" || problem.detail.find("NUL") != std::string::npos ||
           problem.detail.find("surrogate") != std::string::npos ||
           problem.detail.find("nested") != std::string::npos ||
           problem.detail.find("exponent") != std::string::npos ||
           problem.detail.find("too long") != std::string::npos ||
           problem.detail.find("not an object") != std::string::npos ||
           find_bad_utf8(text) != std::string_view::npos;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto format = importers::make_format(
        *config::parse("format: {kind: json}", "fuzz").find("format"), nullptr, k_used);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static expr::Arena arena;
    arena.reset();
    std::vector<expr::Value> fields(k_used.size());
    const auto parsed = format->parse(text, {}, fields, arena);
    const auto root = nlohmann::json::parse(text, nullptr, false);
    if (!parsed) {
        HARMONIA_CHECK(root.is_discarded() || may_refuse(text, parsed.error()));
        return 0;
    }
    if (root.is_discarded()) {
        HARMONIA_CHECK(nlohmann::json::accept(text) || text.find_first_of("eE0") != text.npos);
        return 0; // a number that no double can hold is still JSON
    }
    check_same(fields[0], member(root, "a"));
    check_same(fields[1], member(member(root, "b"), "c"));
    check_same(fields[2], selected(root));
    return 0;
}

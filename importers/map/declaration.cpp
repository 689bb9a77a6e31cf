#include "importers/map/declaration.hpp"

#include "core/base/text.hpp"

#include <algorithm>

namespace harmonia::importers {

namespace {

constexpr const char* k_keys[] = {"name",
                                  "like",
                                  "provider",
                                  "feed_type",
                                  "sink",
                                  "screen",
                                  "source",
                                  "format",
                                  "fields",
                                  "kv",
                                  "map",
                                  "filters",
                                  "zone",
                                  "sign",
                                  "ignored_identifiers",
                                  "on_bad_row",
                                  "content_type",
                                  "unless_merchant_mode",
                                  "require",
                                  "max_bad_ratio",
                                  "unknown_network",
                                  "required",
                                  "time_unit",
                                  "event_time",
                                  "id",
                                  "card_check",
                                  "order_match",
                                  "max_future_skew"};

// A feed like one that is like another … is hard to read; nobody needs a longer chain.
constexpr std::size_t k_like_max = 4;

bool is_nothing(const config::Value& value) {
    return value.kind() == config::Value::Kind::null;
}

} // namespace

std::span<const char* const> feed_keys() {
    return k_keys;
}

Declaration::Declaration(std::vector<config::Value> layers) : layers_(std::move(layers)) {
    for (const config::Value& layer : layers_) {
        config::Reader reader(layer);
        for (const char* key : k_keys)
            static_cast<void>(reader.has(key));
        reader.finish();
    }
}

std::optional<config::Value> Declaration::find(std::string_view key) const {
    for (const config::Value& layer : layers_)
        if (const config::Value* value = layer.find(key))
            return is_nothing(*value) ? std::nullopt : std::optional(*value);
    return std::nullopt;
}

config::Value Declaration::required(std::string_view key) const {
    auto value = find(key);
    if (!value)
        own().fail("'" + std::string(key) + "' is missing");
    return *value;
}

std::string Declaration::text(std::string_view key, std::string otherwise) const {
    const auto value = find(key);
    return value ? value->as_text() : std::move(otherwise);
}

std::string Declaration::choice(std::string_view key, const std::vector<std::string>& names,
                                std::string otherwise) const {
    const auto value = find(key);
    if (!value)
        return otherwise;
    const std::string text = value->as_text();
    if (std::find(names.begin(), names.end(), text) == names.end()) {
        const auto near = nearest(text, names);
        value->fail("unknown value '" + printable(text, 60) + "'",
                    near ? "Did you mean '" + *near + "'?"
                         : "Known here: " + join(names, ", ") + ".");
    }
    return text;
}

Entries Declaration::entries(const std::vector<std::string_view>& path) const {
    Entries merged;
    for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
        const config::Value* at = &*layer;
        for (const std::string_view key : path)
            at = at == nullptr || is_nothing(*at) ? nullptr : at->find(key);
        if (at == nullptr || is_nothing(*at))
            continue;
        for (const auto& entry : at->map()) {
            const auto known = std::find_if(merged.begin(), merged.end(),
                                            [&](const auto& m) { return m.first == entry.first; });
            if (known == merged.end())
                merged.push_back(entry);
            else
                known->second = entry.second;
        }
    }
    std::erase_if(merged, [](const auto& entry) { return is_nothing(entry.second); });
    return merged;
}

Declaration resolve_like(const config::Value& value, const config::Value& feeds) {
    std::vector<config::Value> layers{value};
    for (const config::Value* like = value.find("like"); like != nullptr && !is_nothing(*like);
         like = layers.back().find("like")) {
        if (layers.size() > k_like_max)
            like->fail("'like' leads through more than 4 feeds, or in a circle");
        std::vector<std::string> names;
        const config::Value* found = nullptr;
        for (const config::Value& feed : feeds.list()) {
            const config::Value* name = feed.find("name");
            names.push_back(name == nullptr ? std::string() : name->as_text());
            found = names.back() == like->as_text() ? &feed : found;
        }
        if (found == nullptr) {
            const auto near = nearest(like->as_text(), names);
            like->fail("no feed is named '" + like->as_text() + "'",
                       near ? "Did you mean '" + *near + "'?" : "");
        }
        layers.push_back(*found);
    }
    return Declaration(std::move(layers));
}

} // namespace harmonia::importers

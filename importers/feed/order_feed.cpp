#include "importers/feed/order_feed.hpp"

namespace harmonia::importers {
namespace {

constexpr const char* k_transaction_keys[] = {"kv",           "filters",
                                              "sign",         "ignored_identifiers",
                                              "content_type", "unless_merchant_mode",
                                              "require",      "unknown_network"};
constexpr const char* k_order_keys[] = {"time_unit", "event_time",     "id",
                                        "screen",    "card_check",     "order_match",
                                        "feed_type", "max_future_skew"};

Strictness strictness(const Declaration& declaration, const char* key) {
    const std::string text = declaration.choice(key, {"strict", "warn", "off"}, "strict");
    return text == "strict" ? Strictness::strict
           : text == "warn" ? Strictness::warn
                            : Strictness::off;
}

OrderOptions read_options(const Declaration& declaration) {
    OrderOptions options;
    const std::string unit = declaration.choice("time_unit", {"none", "s", "ms", "us"}, "none");
    options.time_unit_us = unit == "none" ? 0 : unit == "s" ? 1'000'000 : unit == "ms" ? 1'000 : 1;
    options.time_received =
        declaration.choice("event_time", {"record", "received"}, "record") == "received";
    options.body_hash =
        declaration.choice("id", {"derived", "body-hash"}, "derived") == "body-hash";
    options.card_check = strictness(declaration, "card_check");
    options.order_match = strictness(declaration, "order_match");
    if (const auto skew = declaration.find("max_future_skew"))
        options.future_skew_us = skew->as_duration_ms() * 1000;
    return options;
}

/// Whether records are JSON; the other layout is CSV.
bool is_json(const config::Value& layout) {
    const config::Value* kind = layout.find("kind");
    const std::string name = kind == nullptr ? "" : kind->as_text();
    if (name != "json" && name != "csv" && name != "delimited")
        layout.fail("the format of orders and labels must be csv or json");
    return name == "json";
}

/// The map and the format. `card_field`: the name that holds card numbers, or null.
void read_texts(Feed& feed, const Declaration& declaration, std::span<const char* const> names,
                const char* card_field) {
    refuse_keys(declaration, k_transaction_keys, feed.sink);
    const auto texts = std::make_shared<FieldMap>(declaration, names);
    const config::Value layout = declaration.required("format");
    feed.order.json = is_json(layout);
    CardFields cards;
    if (card_field != nullptr)
        cards.numbers = texts->sources(card_field);
    const auto fields = declaration.find("fields");
    feed.format = make_format(layout, fields ? &*fields : nullptr, texts->used(), &cards);
    texts->bind(feed.format->fields());
    feed.texts = texts;
}

} // namespace

void read_order_feed(Feed& feed, const Declaration& declaration) {
    feed.order = read_options(declaration);
    read_texts(feed, declaration, k_order_fields, "pan");
    feed.provider = declaration.required("provider").as_text();
    feed.type = declaration.choice("feed_type", {"AUTH", "SETTLED"}, "AUTH") == "AUTH"
                    ? FeedType::auth
                    : FeedType::settled;
    feed.screen = declaration.text("screen", {});
}

void read_label_feed(Feed& feed, const Declaration& declaration) {
    refuse_keys(declaration, k_order_keys, feed.sink);
    read_texts(feed, declaration, k_label_fields, nullptr);
    feed.provider = declaration.text("provider", {});
}

} // namespace harmonia::importers

#include "importers/order_feed.hpp"

namespace harmonia::importers {
namespace {

constexpr const char* k_foreign_keys[] = {"kv",           "filters",
                                          "sign",         "ignored_identifiers",
                                          "content_type", "unless_merchant_mode",
                                          "require",      "unknown_network"};
constexpr const char* k_order_keys[] = {"time_unit", "event_time",     "id",
                                        "screen",    "card_check",     "order_match",
                                        "feed_type", "max_future_skew"};

template <typename Keys>
void refuse(const Declaration& declaration, const Keys& keys) {
    for (const char* key : keys)
        if (const auto value = declaration.find(key))
            value->fail("a feed of sink '" + declaration.text("sink", {}) + "' has no '" + key +
                        "'");
}

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

} // namespace

TextFeed::TextFeed(const Declaration& declaration, std::span<const char* const> names,
                   const char* card_field)
    : map_(declaration, names) {
    refuse(declaration, k_foreign_keys);
    max_bad_ratio = 1; // a bad record never stops its file
    const config::Value layout = declaration.required("format");
    const config::Value* kind = layout.find("kind");
    options.json = kind != nullptr && kind->as_text() == "json";
    if (kind == nullptr ||
        (!options.json && kind->as_text() != "csv" && kind->as_text() != "delimited"))
        layout.fail("a feed of texts is csv or json");
    CardFields cards;
    if (card_field != nullptr)
        cards.numbers = map_.sources(card_field);
    const auto fields = declaration.find("fields");
    format = make_format(layout, fields ? &*fields : nullptr, map_.used(), &cards);
    map_.bind(format->fields());
}

Expected<Verdict> TextFeed::map(std::span<const expr::Value>, const Context&, MappedRecord&,
                                expr::Arena&) const {
    return bad("not_mapped", {}, "records of feed " + name + " are read by its sink");
}

std::shared_ptr<TextFeed> make_order_feed(const Declaration& declaration) {
    auto feed = std::make_shared<TextFeed>(declaration, k_order_fields, "pan");
    const bool json = feed->options.json;
    feed->options = read_options(declaration);
    feed->options.json = json;
    feed->provider = declaration.required("provider").as_text();
    feed->type = declaration.choice("feed_type", {"AUTH", "SETTLED"}, "AUTH") == "AUTH"
                     ? FeedType::auth
                     : FeedType::settled;
    feed->screen = declaration.text("screen", {});
    return feed;
}

std::shared_ptr<TextFeed> make_label_feed(const Declaration& declaration) {
    refuse(declaration, k_order_keys);
    auto feed = std::make_shared<TextFeed>(declaration, k_label_fields, nullptr);
    feed->provider = declaration.text("provider", {});
    return feed;
}

} // namespace harmonia::importers

#include "importers/feed/feed.hpp"

#include "core/base/text.hpp"
#include "importers/feed/order_feed.hpp"
#include "importers/format/formats.hpp"

#include <algorithm>
#include <filesystem>

namespace harmonia::importers {

namespace {

/// Keys of the sinks `orders` and `labels` only.
constexpr const char* k_text_keys[] = {"required",   "time_unit",   "event_time",     "id",
                                       "card_check", "order_match", "max_future_skew"};

/// Keys that need records: feeds of messages have none.
constexpr const char* k_record_keys[] = {"provider",
                                         "feed_type",
                                         "content_type",
                                         "unless_merchant_mode",
                                         "screen",
                                         "format",
                                         "fields",
                                         "kv",
                                         "map",
                                         "filters",
                                         "zone",
                                         "sign",
                                         "ignored_identifiers",
                                         "require",
                                         "unknown_network"};

constexpr const char* k_type_names[] = {"MERCHANT", "AUTH", "SETTLED", "REFUND"};

// A name is used on the command line, in file names and in metrics.
std::string read_name(const Declaration& declaration) {
    const config::Value value = declaration.required("name");
    const std::string text = value.as_text();
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (text.empty() || !plain || text.front() == '-')
        value.fail("a feed's name is made of a-z, 0-9, '-' and '_', got '" + printable(text, 60) +
                   "'");
    return text;
}

void read_ratio(Feed& feed, const Declaration& declaration) {
    const auto ratio = declaration.find("max_bad_ratio");
    if (!ratio)
        return;
    feed.max_bad_ratio = ratio->as_number();
    if (feed.max_bad_ratio < 0 || feed.max_bad_ratio > 1)
        ratio->fail("must be between 0 and 1, got '" + ratio->as_text() + "'");
}

// Files are only looked for below import.base: neither an absolute path nor one that climbs out.
std::string relative_path(const config::Value& value) {
    const std::filesystem::path path(value.as_text());
    const bool climbs =
        std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
    if (path.empty() || path.is_absolute() || climbs)
        value.fail("must stay below import.base, got '" + printable(value.as_text(), 60) + "'",
                   "Write a relative path without '..'.");
    return path.lexically_normal().string();
}

void read_source(SourceSpec& source, const Declaration& declaration) {
    const auto value = declaration.find("source");
    if (!value)
        return;
    config::Reader reader(*value);
    const std::string kind = reader.choice("kind", {"files", "queue", "none"}, "none");
    source.schedule = reader.text("schedule", {});
    if (kind == "files") {
        source.kind = SourceSpec::Kind::files;
        source.path = relative_path(reader.required("path"));
        source.glob = reader.text("glob", source.glob);
        if (const auto archive = reader.optional("archive"))
            source.archive = relative_path(*archive);
    } else if (kind == "queue") {
        source.kind = SourceSpec::Kind::queue;
        source.queue = reader.required("queue").as_text();
        source.broker = reader.text("broker", source.broker);
        source.queue_type = reader.choice("type", {"classic", "quorum"}, source.queue_type);
        source.exchange = reader.text("exchange", source.queue);
        source.dead_queue = reader.text("dead_queue", {});
        source.reject_dead =
            reader.choice("dead_letters", {"acknowledge", "reject"},
                          source.reject_dead ? "reject" : "acknowledge") == "reject";
    }
    reader.finish();
}

FeedType read_type(const Declaration& declaration) {
    static_cast<void>(declaration.required("feed_type"));
    const std::string text =
        declaration.choice("feed_type", {std::begin(k_type_names), std::end(k_type_names)}, {});
    const auto* found = std::find(std::begin(k_type_names), std::end(k_type_names), text);
    return static_cast<FeedType>(found - std::begin(k_type_names));
}

// The map comes before the format: it says which fields are used.
void read_transaction_feed(Feed& feed, const Declaration& declaration) {
    feed.type = read_type(declaration);
    const auto map = std::make_shared<TransactionMap>(declaration, feed.type);
    refuse_keys(declaration, k_text_keys, feed.sink);
    feed.provider = declaration.required("provider").as_text();
    feed.screen = declaration.text("screen", {});
    if (const auto given = declaration.find("content_type"))
        feed.content_type = given->as_text();
    if (const auto modes = declaration.find("unless_merchant_mode"))
        feed.unless_merchant_mode = modes->as_text_list();
    const config::Value layout = declaration.required("format");
    const auto fields = declaration.find("fields");
    feed.format = make_format(layout, fields ? &*fields : nullptr, map->used());
    const config::Value* kind = layout.find("kind");
    map->bind(feed.format->fields(), kind != nullptr && kind->as_text() == "json");
    feed.transactions = map;
}

// Messages of a protocol, which their sink reads itself.
void read_message_feed(Feed& feed, const Declaration& declaration) {
    refuse_keys(declaration, k_record_keys, feed.sink);
    refuse_keys(declaration, k_text_keys, feed.sink);
    const bool alerts = feed.sink == k_alerts;
    feed.provider = feed.name;
    feed.format = alerts ? make_card_message() : make_message();
}

std::shared_ptr<const Feed> make_feed(const Declaration& declaration) {
    const auto feed = std::make_shared<Feed>();
    feed->name = read_name(declaration);
    feed->sink = declaration.text("sink", k_transactions);
    const bool transactions = feed->sink == k_transactions;
    const bool texts = feed->sink == k_orders || feed->sink == k_labels;
    if (!transactions) // each record is refused or taken for itself: a bad one never stops its file
        feed->max_bad_ratio = 1;
    feed->source.reject_dead = !transactions && !texts && feed->sink != k_alerts;
    feed->reject_file = declaration.choice("on_bad_row", {"reject_row", "reject_file"},
                                           "reject_row") == "reject_file";
    read_ratio(*feed, declaration);
    read_source(feed->source, declaration);
    if (transactions)
        read_transaction_feed(*feed, declaration);
    else if (feed->sink == k_orders)
        read_order_feed(*feed, declaration);
    else if (feed->sink == k_labels)
        read_label_feed(*feed, declaration);
    else
        read_message_feed(*feed, declaration);
    return feed;
}

} // namespace

const char* feed_type_name(FeedType type) {
    return k_type_names[static_cast<std::size_t>(type)];
}

std::shared_ptr<const Feed> load_feed(const config::Value& declaration) {
    if (const config::Value* like = declaration.find("like"))
        like->fail("'like' works only in a list of feeds");
    return make_feed(Declaration({declaration}));
}

std::vector<std::shared_ptr<const Feed>> load_feeds(const config::Value& root) {
    std::vector<std::shared_ptr<const Feed>> feeds;
    const config::Value* list = root.find("feeds");
    if (list == nullptr || list->kind() == config::Value::Kind::null)
        return feeds;
    for (const config::Value& value : list->list()) {
        feeds.push_back(make_feed(resolve_like(value, *list)));
        const std::string& name = feeds.back()->name;
        const auto same = [&](const auto& feed) { return feed->name == name; };
        if (std::count_if(feeds.begin(), feeds.end(), same) > 1)
            value.fail("two feeds are named '" + name + "'");
    }
    return feeds;
}

} // namespace harmonia::importers

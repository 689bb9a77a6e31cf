#include "importers/feed.hpp"

#include "core/base/text.hpp"
#include "importers/alert_feed.hpp"
#include "importers/formats.hpp"
#include "importers/map.hpp"
#include "importers/order_feed.hpp"

#include <algorithm>
#include <filesystem>

namespace harmonia::importers {

namespace {

/// Keys of feeds of texts (order_feed.hpp) only.
constexpr const char* k_text_keys[] = {"required",   "time_unit",   "event_time",     "id",
                                       "card_check", "order_match", "max_future_skew"};

constexpr const char* k_type_names[] = {"MERCHANT", "AUTH", "SETTLED", "REFUND"};

// A name is a word of the command line, of file names and of metrics.
std::string read_name(const Declaration& declaration) {
    const config::Value value = declaration.required("name");
    const std::string text = value.as_text();
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (text.empty() || !plain || text.front() == '-')
        value.fail("a feed's name is made of a-z, 0-9, '-' and '_'");
    return text;
}

void read_ratio(Feed& feed, const Declaration& declaration) {
    const auto ratio = declaration.find("max_bad_ratio");
    if (!ratio)
        return;
    feed.max_bad_ratio = ratio->as_number();
    if (feed.max_bad_ratio < 0 || feed.max_bad_ratio > 1)
        ratio->fail("a ratio lies between 0 and 1");
}

// Files are looked for below import.base only: neither an absolute path nor one that climbs out.
std::string relative_path(const config::Value& value) {
    const std::filesystem::path path(value.as_text());
    const bool climbs =
        std::any_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
    if (path.empty() || path.is_absolute() || climbs)
        value.fail("'" + printable(value.as_text(), 60) + "' does not stay below import.base",
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

// What every feed says, whatever its sink.
void read_common(Feed& feed, const Declaration& declaration) {
    feed.name = read_name(declaration);
    feed.sink = declaration.text("sink", feed.sink);
    feed.reject_file = declaration.choice("on_bad_row", {"reject_row", "reject_file"},
                                          "reject_row") == "reject_file";
    read_ratio(feed, declaration);
    read_source(feed.source, declaration);
}

class DeclaredFeed final : public Feed {
public:
    explicit DeclaredFeed(const Declaration& declaration)
        : map_(declaration, read_type(declaration)) {
        for (const char* key : k_text_keys)
            if (const auto value = declaration.find(key))
                value->fail(std::string("a feed of transactions has no '") + key + "'");
        type = read_type(declaration);
        provider = declaration.required("provider").as_text();
        screen = declaration.text("screen", {});
        if (const auto given = declaration.find("content_type"))
            content_type = given->as_text();
        if (const auto modes = declaration.find("unless_merchant_mode"))
            unless_merchant_mode = modes->as_text_list();
        read_common(*this, declaration);
        const config::Value layout = declaration.required("format");
        const auto fields = declaration.find("fields");
        format = make_format(layout, fields ? &*fields : nullptr, map_.used());
        const config::Value* kind = layout.find("kind");
        map_.bind(format->fields(), kind != nullptr && kind->as_text() == "json");
    }

    [[nodiscard]] Expected<Verdict> map(std::span<const expr::Value> fields, const Context& context,
                                        MappedRecord& out, expr::Arena& arena) const override {
        return map_.map(fields, context, out, arena);
    }
    [[nodiscard]] bool zone_by_merchant() const override { return map_.zone_by_merchant(); }
    [[nodiscard]] Identifiers identify(std::span<const expr::Value> fields,
                                       expr::Arena& arena) const override {
        return map_.identify(fields, arena);
    }

private:
    static FeedType read_type(const Declaration& declaration);

    CompiledMap map_;
};

/// Messages of a protocol, read by their sink.
class MessageFeed final : public Feed {
public:
    explicit MessageFeed(const Declaration& declaration) {
        for (const char* key : {"provider", "feed_type", "content_type", "unless_merchant_mode",
                                "screen", "format", "fields", "kv", "map", "filters", "zone",
                                "sign", "ignored_identifiers", "require", "unknown_network"})
            if (const auto value = declaration.find(key))
                value->fail(std::string("a feed of messages has no '") + key + "'");
        for (const char* key : k_text_keys)
            if (const auto value = declaration.find(key))
                value->fail(std::string("a feed of messages has no '") + key + "'");
        max_bad_ratio = 1; // the reason of each is kept, and the next one has nothing to do with it
        const bool alerts = declaration.text("sink", {}) == k_alerts;
        source.reject_dead = !alerts;
        read_common(*this, declaration);
        provider = name;
        format = alerts ? make_card_message() : make_message();
    }
    [[nodiscard]] Expected<Verdict> map(std::span<const expr::Value>, const Context&, MappedRecord&,
                                        expr::Arena&) const override {
        return bad("not_mapped", {}, "messages of feed " + name + " are read by its sink");
    }
    [[nodiscard]] bool zone_by_merchant() const override { return false; }
    [[nodiscard]] Identifiers identify(std::span<const expr::Value>, expr::Arena&) const override {
        return {};
    }
};

std::shared_ptr<const Feed> make_feed(const Declaration& declaration) {
    const std::string sink = declaration.text("sink", k_transactions);
    if (sink == k_transactions)
        return std::make_shared<DeclaredFeed>(declaration);
    if (sink == k_orders || sink == k_labels) {
        auto feed = sink == k_orders ? make_order_feed(declaration) : make_label_feed(declaration);
        read_common(*feed, declaration);
        return feed;
    }
    return std::make_shared<MessageFeed>(declaration);
}

FeedType DeclaredFeed::read_type(const Declaration& declaration) {
    static_cast<void>(declaration.required("feed_type"));
    const std::string text =
        declaration.choice("feed_type", {std::begin(k_type_names), std::end(k_type_names)}, {});
    const auto* found = std::find(std::begin(k_type_names), std::end(k_type_names), text);
    return static_cast<FeedType>(found - std::begin(k_type_names));
}

} // namespace

const char* feed_type_name(FeedType type) {
    return k_type_names[static_cast<std::size_t>(type)];
}

std::shared_ptr<const Feed> Feed::load(const config::Value& declaration) {
    if (const config::Value* like = declaration.find("like"))
        like->fail("'like' works in a list of feeds only");
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

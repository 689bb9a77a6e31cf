#include "importers/feed.hpp"

#include "core/base/text.hpp"
#include "importers/map.hpp"

#include <algorithm>
#include <filesystem>

namespace harmonia::importers {

namespace {

constexpr const char* k_type_names[] = {"MERCHANT", "AUTH", "SETTLED", "REFUND"};

class DeclaredFeed final : public Feed {
public:
    explicit DeclaredFeed(const Declaration& declaration)
        : map_(declaration, read_type(declaration)) {
        type = read_type(declaration);
        name = read_name(declaration);
        provider = declaration.required("provider").as_text();
        sink = declaration.text("sink", sink);
        screen = declaration.text("screen", {});
        if (const auto given = declaration.find("content_type"))
            content_type = given->as_text();
        if (const auto modes = declaration.find("unless_merchant_mode"))
            unless_merchant_mode = modes->as_text_list();
        reject_file = declaration.choice("on_bad_row", {"reject_row", "reject_file"},
                                         "reject_row") == "reject_file";
        read_ratio(declaration);
        read_source(declaration);
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
    static std::string read_name(const Declaration& declaration);
    void read_ratio(const Declaration& declaration);
    void read_source(const Declaration& declaration);

    CompiledMap map_;
};

FeedType DeclaredFeed::read_type(const Declaration& declaration) {
    static_cast<void>(declaration.required("feed_type"));
    const std::string text =
        declaration.choice("feed_type", {std::begin(k_type_names), std::end(k_type_names)}, {});
    const auto* found = std::find(std::begin(k_type_names), std::end(k_type_names), text);
    return static_cast<FeedType>(found - std::begin(k_type_names));
}

// A name is a word of the command line, of file names and of metrics.
std::string DeclaredFeed::read_name(const Declaration& declaration) {
    const config::Value value = declaration.required("name");
    const std::string text = value.as_text();
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (text.empty() || !plain || text.front() == '-')
        value.fail("a feed's name is made of a-z, 0-9, '-' and '_'");
    return text;
}

void DeclaredFeed::read_ratio(const Declaration& declaration) {
    const auto ratio = declaration.find("max_bad_ratio");
    if (!ratio)
        return;
    max_bad_ratio = ratio->as_number();
    if (max_bad_ratio < 0 || max_bad_ratio > 1)
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

void DeclaredFeed::read_source(const Declaration& declaration) {
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
    }
    reader.finish();
}

} // namespace

const char* feed_type_name(FeedType type) {
    return k_type_names[static_cast<std::size_t>(type)];
}

std::shared_ptr<const Feed> Feed::load(const config::Value& declaration) {
    if (const config::Value* like = declaration.find("like"))
        like->fail("'like' works in a list of feeds only");
    return std::make_shared<DeclaredFeed>(Declaration({declaration}));
}

std::vector<std::shared_ptr<const Feed>> load_feeds(const config::Value& root) {
    std::vector<std::shared_ptr<const Feed>> feeds;
    const config::Value* list = root.find("feeds");
    if (list == nullptr || list->kind() == config::Value::Kind::null)
        return feeds;
    for (const config::Value& value : list->list()) {
        feeds.push_back(std::make_shared<DeclaredFeed>(resolve_like(value, *list)));
        const std::string& name = feeds.back()->name;
        const auto same = [&](const auto& feed) { return feed->name == name; };
        if (std::count_if(feeds.begin(), feeds.end(), same) > 1)
            value.fail("two feeds are named '" + name + "'");
    }
    return feeds;
}

} // namespace harmonia::importers

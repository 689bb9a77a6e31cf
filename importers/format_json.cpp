#include "core/base/text.hpp"
#include "importers/card_fields.hpp"
#include "importers/formats.hpp"
#include "importers/json_bodies.hpp"
#include "importers/json_list.hpp"
#include "importers/json_paths.hpp"

#include <optional>

namespace harmonia::importers {
namespace {

constexpr const char* k_code = "V-JSON"; // of feeds that may bring card data

class JsonSplitter : public Splitter {
public:
    JsonSplitter(const JsonPaths& paths, const CardFields* cards) : paths_(paths), cards_(cards) {}
    Expected<void> split(std::string_view record, std::span<expr::Value> fields,
                         expr::Arena& arena) override {
        auto done = check_encoding(record);
        if (done)
            done = paths_.fetch(record, fields, arena);
        if (!done && cards_ != nullptr)
            return tl::make_unexpected(coded(k_code, std::move(done.error())));
        return done;
    }
    Storable storable(std::string_view record, expr::Arena& arena) override {
        return cards_ == nullptr ? Storable{record, false} : storable_json(record, *cards_, arena);
    }

private:
    const JsonPaths& paths_;
    const CardFields* cards_;
};

class JsonFormat : public Format {
public:
    explicit JsonFormat(const FormatSpec& spec) : names_(spec.used) {
        if (spec.cards != nullptr) {
            cards_.emplace();
            for (const std::string& name : spec.cards->numbers)
                cards_->numbers.push_back(title_of(spec, name));
        }
        config::Reader reader(spec.format);
        (void)reader.required("kind");
        bodies_ = reader.boolean("bodies", false);
        const bool lines = reader.boolean("lines", !reader.has("path"));
        bytes_max_ = read_record_limit(reader);
        if (const auto path = reader.optional("path")) {
            if (lines || bodies_)
                path->fail("a JSON format has either a path to its list or lines");
            list_ = read_list_path(*path);
        } else if (!lines) {
            spec.format.fail("a JSON format needs the path to its list",
                             "Write path: transactions, or path: . when the document is the list.");
        }
        reader.finish();
        for (std::size_t i = 0; i < names_.size(); ++i)
            if (const auto added = paths_.add(title_of(spec, names_[i]), i); !added)
                spec.format.fail("field '" + names_[i] + "': " + added.error().detail);
    }

    const std::vector<std::string>& fields() const override { return names_; }
    std::unique_ptr<Cutter> cut(std::unique_ptr<ByteSource> bytes) const override {
        auto cutter = list_     ? make_json_list_cutter(std::move(bytes), *list_, bytes_max_)
                      : bodies_ ? make_json_body_cutter(std::move(bytes), bytes_max_)
                                : make_line_cutter(std::move(bytes), bytes_max_);
        return cards_ ? coded_cutter(std::move(cutter), k_code) : std::move(cutter);
    }
    std::unique_ptr<Splitter> splitter(std::string_view) const override {
        return std::make_unique<JsonSplitter>(paths_, cards_ ? &*cards_ : nullptr);
    }

private:
    static std::vector<std::string> read_list_path(const config::Value& value) {
        const std::string path = value.as_text();
        std::vector<std::string> members;
        if (path == ".")
            return members;
        for (const std::string_view member : harmonia::split(path, '.')) {
            if (member.empty())
                value.fail("a member's name is missing in the path");
            members.emplace_back(member);
        }
        return members;
    }

    std::vector<std::string> names_;
    std::optional<std::vector<std::string>> list_; ///< empty: one body a line
    bool bodies_ = false;                          ///< or as they come
    std::size_t bytes_max_ = k_record_bytes_default;
    JsonPaths paths_;
    std::optional<CardFields> cards_; ///< paths
};

} // namespace

std::shared_ptr<const Format> make_json(const FormatSpec& spec) {
    return std::make_shared<JsonFormat>(spec);
}

} // namespace harmonia::importers

// The format `json`: its declaration, and the parser of one record.
#include "core/base/text.hpp"
#include "importers/format/card_fields.hpp"
#include "importers/format/formats.hpp"
#include "importers/json/json_array.hpp"
#include "importers/json/json_bodies.hpp"
#include "importers/json/json_paths.hpp"

#include <optional>

namespace harmonia::importers {
namespace {

constexpr const char* k_code = "V-JSON"; // of feeds that may bring card data

class JsonParser : public FieldParser {
public:
    JsonParser(const JsonPaths& paths, const CardFields* cards) : paths_(paths), cards_(cards) {}
    Expected<void> parse(std::string_view record, std::span<expr::Value> fields,
                         expr::Arena& arena) override {
        auto done = check_encoding(record);
        if (done)
            done = paths_.fetch(record, document_, fields, arena);
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
    json::Document document_;
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
                path->fail("a JSON format has either a path to its array or lines");
            array_ = read_array_path(*path);
        } else if (!lines) {
            spec.format.fail(
                "a JSON format needs the path to its array",
                "Write path: transactions, or path: . when the document is the array.");
        }
        reader.finish();
        for (std::size_t i = 0; i < names_.size(); ++i)
            if (const auto added = paths_.add(title_of(spec, names_[i]), i); !added)
                spec.format.fail("field '" + names_[i] + "': " + added.error().detail);
    }

    const std::vector<std::string>& fields() const override { return names_; }
    std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> bytes) const override {
        auto reader = array_    ? make_json_array_reader(std::move(bytes), *array_, bytes_max_)
                      : bodies_ ? make_json_body_reader(std::move(bytes), bytes_max_)
                                : make_line_reader(std::move(bytes), bytes_max_);
        return cards_ ? coded_reader(std::move(reader), k_code) : std::move(reader);
    }
    std::unique_ptr<FieldParser> parser(std::string_view) const override {
        return std::make_unique<JsonParser>(paths_, cards_ ? &*cards_ : nullptr);
    }

private:
    static std::vector<std::string> read_array_path(const config::Value& value) {
        const std::string path = value.as_text();
        std::vector<std::string> members;
        if (path == ".")
            return members;
        for (const std::string_view member : harmonia::split(path, '.')) {
            if (member.empty())
                value.fail("the path lacks a member name");
            members.emplace_back(member);
        }
        return members;
    }

    std::vector<std::string> names_;
    std::optional<std::vector<std::string>> array_; ///< the path to it; empty: one body a line
    bool bodies_ = false;                           ///< or one after the other
    std::size_t bytes_max_ = k_record_bytes_default;
    JsonPaths paths_;
    std::optional<CardFields> cards_; ///< paths
};

} // namespace

std::shared_ptr<const Format> make_json(const FormatSpec& spec) {
    return std::make_shared<JsonFormat>(spec);
}

} // namespace harmonia::importers

// The format `kvlines`: `key:value` pairs joined by a delimiter,
// `transuid:17|merchno:M1|spend:1299`.
#include "core/base/text.hpp"
#include "importers/format/formats.hpp"
#include "importers/source/window.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::importers {
namespace {

struct Separators {
    char pair = '|', key = ':';
};

class KvlinesParser : public FieldParser {
public:
    KvlinesParser(const std::vector<std::string>& keys, Separators separators)
        : keys_(keys), separators_(separators) {}

    Expected<void> parse(std::string_view record, std::span<expr::Value> fields,
                         expr::Arena&) override {
        if (auto encoding = check_encoding(record); !encoding)
            return encoding;
        std::fill(fields.begin(), fields.end(), expr::Value{});
        while (!record.empty()) {
            const std::size_t end = std::min(record.find(separators_.pair), record.size());
            const std::string_view pair = record.substr(0, end);
            record.remove_prefix(std::min(end + 1, record.size()));
            const std::size_t colon = pair.find(separators_.key);
            if (colon == std::string_view::npos)
                return bad("bad_pair", {}, fmt::format("'{}' has no key", printable(pair, 12)));
            if (auto stored = store(trim(pair.substr(0, colon)), pair.substr(colon + 1), fields);
                !stored)
                return stored;
        }
        return {};
    }

private:
    Expected<void> store(std::string_view key, std::string_view text,
                         std::span<expr::Value> fields) const {
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            if (keys_[i] != key)
                continue;
            if (!fields[i].is_null())
                return bad("duplicate_key", keys_[i]);
            fields[i] = expr::Value::of_text(text);
        }
        return {};
    }
    const std::vector<std::string>& keys_;
    Separators separators_;
};

class KvlinesFormat : public Format {
public:
    explicit KvlinesFormat(const FormatSpec& spec) : names_(spec.used) {
        for (const std::string& name : names_)
            keys_.push_back(title_of(spec, name));
        config::Reader reader(spec.format);
        (void)reader.required("kind");
        separators_.pair = separator(reader, "delimiter", '|');
        separators_.key = separator(reader, "key_delimiter", ':');
        bytes_max_ = read_record_limit(reader);
        reader.finish();
        if (separators_.pair == separators_.key)
            spec.format.fail("delimiter and key_delimiter must be different characters");
    }
    const std::vector<std::string>& fields() const override { return names_; }
    std::unique_ptr<RecordReader> reader(std::unique_ptr<ByteSource> bytes) const override {
        return make_line_reader(std::move(bytes), bytes_max_);
    }
    std::unique_ptr<FieldParser> parser(std::string_view) const override {
        return std::make_unique<KvlinesParser>(keys_, separators_);
    }

private:
    static char separator(config::Reader& reader, const char* key, char otherwise) {
        const auto value = reader.optional(key);
        if (value && value->as_text().size() != 1)
            value->fail(fmt::format("{} must be one character", key));
        return value ? value->as_text()[0] : otherwise;
    }
    std::vector<std::string> names_, keys_;
    Separators separators_;
    std::size_t bytes_max_ = k_record_bytes_default;
};

} // namespace

std::shared_ptr<const Format> make_kvlines(const FormatSpec& spec) {
    return std::make_shared<KvlinesFormat>(spec);
}

} // namespace harmonia::importers

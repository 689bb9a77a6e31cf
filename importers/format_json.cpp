#include "core/base/text.hpp"
#include "importers/formats.hpp"
#include "importers/json_list.hpp"
#include "importers/json_paths.hpp"

#include <optional>

namespace harmonia::importers {
namespace {

class JsonSplitter : public Splitter {
public:
    explicit JsonSplitter(const JsonPaths& paths) : paths_(paths) {}
    Expected<void> split(std::string_view record, std::span<expr::Value> fields,
                         expr::Arena& arena) override {
        if (auto encoding = check_encoding(record); !encoding)
            return encoding;
        return paths_.fetch(record, fields, arena);
    }

private:
    const JsonPaths& paths_;
};

class JsonFormat : public Format {
public:
    explicit JsonFormat(const FormatSpec& spec) : names_(spec.used) {
        config::Reader reader(spec.format);
        (void)reader.required("kind");
        const bool lines = reader.boolean("lines", !reader.has("path"));
        bytes_max_ = read_record_limit(reader);
        if (const auto path = reader.optional("path")) {
            if (lines)
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
        if (list_)
            return make_json_list_cutter(std::move(bytes), *list_, bytes_max_);
        return make_line_cutter(std::move(bytes), bytes_max_);
    }
    std::unique_ptr<Splitter> splitter(std::string_view) const override {
        return std::make_unique<JsonSplitter>(paths_);
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
    std::size_t bytes_max_ = k_record_bytes_default;
    JsonPaths paths_;
};

} // namespace

std::shared_ptr<const Format> make_json(const FormatSpec& spec) {
    return std::make_shared<JsonFormat>(spec);
}

} // namespace harmonia::importers

// Configuration values with their origin, and the strict reader that reads every section.
//
// A Value is one node of the merged layers: each scalar and list remembers the file, line and
// column (or the variable or flag) that it came from. Errors are Error(config): `config.yaml:12:5:
// feeds[3].format.kind: unknown format 'cvs'`, with a suggestion as hint. Duplicate keys were
// refused when the file was read.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::config {

struct Origin {
    std::string source;       ///< `defaults`, a path, `database`, `HARMONIA_X`, `--flag`
    int line = 0, column = 0; ///< from 1; 0 when the source has no lines
    [[nodiscard]] std::string text() const; ///< `config.yaml:12:5`
};

/// Immutable and cheap to copy (shared). Kinds as in YAML; a scalar keeps its source text and
/// whether it was quoted (an unquoted `null`, `~` or an empty value is of kind null).
class Value {
public:
    enum class Kind { null, scalar, list, map };
    Value();
    [[nodiscard]] Kind kind() const;
    [[nodiscard]] const Origin& origin() const;
    [[nodiscard]] const std::string& path() const;   ///< `feeds[3].format.kind`
    [[nodiscard]] const std::string& scalar() const; ///< throws Error(config) unless scalar
    [[nodiscard]] bool quoted() const;
    [[nodiscard]] const std::vector<Value>& list() const; ///< throws unless list
    /// In the order written; throws unless map.
    [[nodiscard]] const std::vector<std::pair<std::string, Value>>& map() const;
    [[nodiscard]] const Value*
    find(std::string_view key) const; ///< null when absent; throws unless map

    /// Throws Error(config) placed at this value.
    [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;

    [[nodiscard]] std::string as_text() const;      ///< scalar
    [[nodiscard]] long long as_integer() const;     ///< plain decimal
    [[nodiscard]] bool as_boolean() const;          ///< true or false
    [[nodiscard]] double as_number() const;         ///< for ratios; never for money
    [[nodiscard]] long long as_duration_ms() const; ///< `90s`, `6h`, `60d`
    [[nodiscard]] long long as_size_bytes() const;  ///< `64MiB`
    [[nodiscard]] std::vector<std::string>
    as_text_list() const; ///< a list of scalars, or one scalar

    struct Node;
    explicit Value(std::shared_ptr<const Node> node);
    [[nodiscard]] const std::shared_ptr<const Node>& node() const { return node_; }

private:
    std::shared_ptr<const Node> node_;
};

/// Reads a map strictly: every key must be asked for; finish() refuses the others, with a
/// suggestion.
class Reader {
public:
    explicit Reader(Value map);
    [[nodiscard]] const Value& value() const { return map_; }
    [[nodiscard]] bool has(std::string_view key); ///< marks the key as known
    [[nodiscard]] std::optional<Value> optional(std::string_view key);
    [[nodiscard]] Value required(std::string_view key); ///< Error(config) naming the missing key
    [[nodiscard]] std::string text(std::string_view key, std::string otherwise);
    [[nodiscard]] long long integer(std::string_view key, long long otherwise, long long min,
                                    long long max);
    [[nodiscard]] bool boolean(std::string_view key, bool otherwise);
    /// One of `names`; error with a suggestion otherwise.
    [[nodiscard]] std::string choice(std::string_view key, const std::vector<std::string>& names,
                                     std::string otherwise);
    void finish();

private:
    Value map_;
    std::set<std::string, std::less<>> known_;
};

} // namespace harmonia::config

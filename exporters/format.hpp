// Formats: from rows of an export to bytes. Pure and deterministic: the same row always gives the
// same bytes; the exactly-once effect of files rests on that.
#pragma once

#include "core/base/expected.hpp"
#include "core/config/value.hpp"
#include "core/expr/expr.hpp"
#include "exporters/row.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::exporters {

/// An expression over a row, compiled. Error(config) placed at `value` when it is wrong.
[[nodiscard]] expr::Program compile(const config::Value& value);

/// `"text"` with JSON's escapes.
void append_json_string(std::string& out, std::string_view text);

/// A YAML tree of expressions that gives one JSON value a row: objects and arrays as written, each
/// scalar an expression. Integers and decimals become numbers with the same digits, instants and
/// dates strings.
class JsonRecord {
public:
    explicit JsonRecord(const config::Value& tree);
    /// Appends the JSON. Problem: an expression failed, with its code; `out` is then as it was.
    [[nodiscard]] Expected<void> append(std::string& out, const Row& row, expr::Arena& arena) const;

private:
    struct Node {
        enum class Kind { expression, object, array } kind = Kind::expression;
        expr::Program program;
        std::vector<std::pair<std::string, Node>> children; ///< array: names empty
    };
    static Node build(const config::Value& tree);
    static Expected<void> append_node(std::string& out, const Node& node, const Row& row,
                                      expr::Arena& arena);
    Node root_;
};

/// The lines of a file: `format:` and `columns:` of a file target.
class FileFormat {
public:
    FileFormat(const config::Value* format, const config::Value& columns);
    /// Appends the column line; nothing for JSON or `header: false`.
    void append_header(std::string& out) const;
    /// Appends one line with its end. Problem as JsonRecord::append.
    [[nodiscard]] Expected<void> append(std::string& out, const Row& row, expr::Arena& arena) const;

private:
    void append_csv_field(std::string& out, std::string_view text) const;
    bool json_ = false, header_ = true;
    char separator_ = ',';
    std::string line_end_ = "\r\n";
    std::vector<std::pair<std::string, expr::Program>> columns_;
};

} // namespace harmonia::exporters

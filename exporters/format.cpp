#include "exporters/format.hpp"

#include "core/json/writer.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::exporters {
namespace {

/// A value as JSON writes it.
void append_json(std::string& out, const expr::Value& value, expr::Arena& arena) {
    switch (value.type) {
    case expr::Type::null:
        out += "null";
        return;
    case expr::Type::boolean:
        out += value.is_true() ? "true" : "false";
        return;
    case expr::Type::integer:
    case expr::Type::decimal:
        out += expr::print(value, arena);
        return;
    case expr::Type::text:
    case expr::Type::instant:
    case expr::Type::date:
    case expr::Type::duration:
    case expr::Type::error:
        append_json_string(out, expr::print(value, arena));
        return;
    }
}

Expected<expr::Value> evaluate(const expr::Program& program, const std::string& name,
                               const Row& row, expr::Arena& arena) {
    const auto value = program.eval(row.values, arena);
    if (value.is_error())
        return bad(std::string(value.text), name, std::string(value.detail));
    return value;
}

} // namespace

expr::Program compile(const config::Value& value) {
    const auto tree = expr::parse(value.as_text());
    if (!tree)
        value.fail(tree.error().detail, "See docs/reference/expressions.md.");
    auto program = expr::Program::compile(*tree, row_names());
    if (!program)
        value.fail(program.error().detail, "docs/reference/exports.md lists the names of a row.");
    return std::move(*program);
}

void append_json_string(std::string& out, std::string_view text) {
    out += json::dumped(nlohmann::json(text));
}

JsonRecord::JsonRecord(const config::Value& tree) : root_(build(tree)) {}

JsonRecord::Node JsonRecord::build(const config::Value& tree) {
    Node node;
    switch (tree.kind()) {
    case config::Value::Kind::map:
        node.kind = Node::Kind::object;
        for (const auto& [name, child] : tree.map())
            node.children.emplace_back(name, build(child));
        break;
    case config::Value::Kind::list:
        node.kind = Node::Kind::array;
        for (const auto& child : tree.list())
            node.children.emplace_back("", build(child));
        break;
    case config::Value::Kind::scalar:
        node.program = compile(tree);
        break;
    case config::Value::Kind::null:
        tree.fail("an expression is missing");
        break;
    }
    return node;
}

Expected<void> JsonRecord::append_node(std::string& out, const Node& node, const Row& row,
                                       expr::Arena& arena) {
    if (node.kind == Node::Kind::expression) {
        const auto value = evaluate(node.program, "record", row, arena);
        if (!value)
            return tl::unexpected(value.error());
        append_json(out, *value, arena);
        return {};
    }
    const bool object = node.kind == Node::Kind::object;
    out += object ? '{' : '[';
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const auto& [name, child] = node.children[i];
        if (i > 0)
            out += ',';
        if (object) {
            append_json_string(out, name);
            out += ':';
        }
        if (auto done = append_node(out, child, row, arena); !done) {
            if (object && done.error().field == "record")
                done.error().field = name;
            return done;
        }
    }
    out += object ? '}' : ']';
    return {};
}

Expected<void> JsonRecord::append(std::string& out, const Row& row, expr::Arena& arena) const {
    const auto before = out.size();
    auto done = append_node(out, root_, row, arena);
    if (!done)
        out.resize(before);
    return done;
}

FileFormat::FileFormat(const config::Value* format, const config::Value& columns) {
    if (format != nullptr) {
        config::Reader reader(*format);
        json_ = reader.choice("kind", {"csv", "json"}, "csv") == "json";
        if (json_)
            line_end_ = "\n";
        if (!json_) {
            const auto separator = reader.text("separator", ",");
            if (separator.size() != 1 || separator == "\"" || separator == "\n")
                format->fail("the separator must be one character");
            separator_ = separator[0];
            header_ = reader.boolean("header", true);
            if (reader.choice("line_end", {"crlf", "lf"}, "crlf") == "lf")
                line_end_ = "\n";
        }
        reader.finish();
    }
    for (const auto& [name, expression] : columns.map())
        columns_.emplace_back(name, compile(expression));
    if (columns_.empty())
        columns.fail("a file needs at least one column");
}

void FileFormat::append_csv_field(std::string& out, std::string_view text) const {
    if (text.find_first_of("\"\r\n") == std::string_view::npos &&
        text.find(separator_) == std::string_view::npos) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        if (c == '"')
            out += '"';
        out += c;
    }
    out += '"';
}

void FileFormat::append_header(std::string& out) const {
    if (json_ || !header_)
        return;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0)
            out += separator_;
        append_csv_field(out, columns_[i].first);
    }
    out += line_end_;
}

Expected<void> FileFormat::append(std::string& out, const Row& row, expr::Arena& arena) const {
    const auto before = out.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto& [name, program] = columns_[i];
        const auto value = evaluate(program, name, row, arena);
        if (!value) {
            out.resize(before);
            return tl::unexpected(value.error());
        }
        if (json_) {
            out += i == 0 ? '{' : ',';
            append_json_string(out, name);
            out += ':';
            append_json(out, *value, arena);
        } else {
            if (i > 0)
                out += separator_;
            if (!value->is_null())
                append_csv_field(out, expr::print(*value, arena));
        }
    }
    if (json_)
        out += '}';
    out += line_end_;
    return {};
}

} // namespace harmonia::exporters

#include "core/expr/node.hpp"

namespace harmonia::expr {

Node literal_text(std::string text) {
    Node node;
    node.value.type = Type::text;
    node.text = std::move(text);
    return node;
}

Node literal_integer(std::int64_t value) {
    Node node;
    node.value = Value::of(value);
    return node;
}

Node literal_boolean(bool value) {
    Node node;
    node.value = Value::of(value);
    return node;
}

Node name(std::string dotted) {
    Node node;
    node.kind = Node::Kind::name;
    node.text = std::move(dotted);
    return node;
}

Node call(std::string function, std::vector<Node> arguments) {
    Node node;
    node.kind = Node::Kind::call;
    node.text = std::move(function);
    node.children = std::move(arguments);
    return node;
}

std::string placed(int line, int column, const std::string& message) {
    return line == 0 ? message
                     : std::to_string(line) + ":" + std::to_string(column) + ": " + message;
}

} // namespace harmonia::expr

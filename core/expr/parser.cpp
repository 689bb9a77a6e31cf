#include "core/base/text.hpp"
#include "core/expr/lexer.hpp"
#include "core/expr/node.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace harmonia::expr {

namespace {

// A node with its height, so that no tree grows deeper than recursion may go.
struct Tree {
    Node node;
    int height = 1;
};

// Recursive descent. The first mistake is kept and the input ends there, so that every function
// simply returns; what it returns then is thrown away.
class Parser {
public:
    explicit Parser(std::string_view text) : lexer_(text) { step(); }

    Expected<Node> whole() {
        Tree tree = disjunction();
        if (token_.kind != Token::Kind::end)
            fail("unexpected '" + printable(token_.text, k_shown_max) + "'");
        if (problem_)
            return tl::unexpected(*problem_);
        return std::move(tree.node);
    }

private:
    static constexpr std::size_t k_shown_max = 40; // of a word in a message

    Tree disjunction() { return chain("or", &Parser::conjunction); }
    Tree conjunction() { return chain("and", &Parser::negation); }
    Tree chain(const char* keyword, Tree (Parser::*operand)());
    Tree negation();
    Tree comparison();
    Tree membership(Tree left);
    Tree range(Tree left);
    Tree sum();
    Tree product();
    Tree unary();
    Tree primary();
    Tree call_of(const Token& at);
    std::vector<Tree> sequence(const char* close);
    Tree built(std::string function, std::vector<Tree> arguments, const Token& at);
    template <typename... Trees>
    Tree built_of(std::string function, const Token& at, Trees... trees);

    void fail(const std::string& message) {
        if (!problem_)
            problem_ = Problem{"bad_expression", {}, placed(token_.line, token_.column, message)};
        token_.kind = Token::Kind::end;
        token_.text.clear();
    }
    void step() {
        auto next = problem_ ? Token{} : lexer_.next();
        if (next) {
            token_ = std::move(*next);
        } else {
            problem_ = next.error();
            token_ = Token{};
        }
    }
    bool accept(std::string_view symbol) {
        const bool found = token_.is(symbol);
        if (found)
            step();
        return found;
    }
    void expect(const char* symbol) {
        if (!accept(symbol))
            fail(std::string("expected '") + symbol + "'");
    }
    bool enter() {
        if (++depth_ > k_depth_max)
            fail("nested more than 64 deep");
        return !problem_;
    }
    void leave() { --depth_; }

    Lexer lexer_;
    Token token_;
    std::optional<Problem> problem_;
    int depth_ = 0;
    std::size_t nodes_ = 0;
};

Tree Parser::built(std::string function, std::vector<Tree> arguments, const Token& at) {
    Tree tree;
    std::vector<Node> children;
    children.reserve(arguments.size());
    for (Tree& argument : arguments) {
        tree.height = std::max(tree.height, argument.height + 1);
        children.push_back(std::move(argument.node));
    }
    if (tree.height > k_depth_max)
        fail("nested more than 64 deep");
    tree.node = call(std::move(function), std::move(children));
    tree.node.line = at.line;
    tree.node.column = at.column;
    return tree;
}

template <typename... Trees>
Tree Parser::built_of(std::string function, const Token& at, Trees... trees) {
    std::vector<Tree> arguments;
    (arguments.push_back(std::move(trees)), ...);
    return built(std::move(function), std::move(arguments), at);
}

Tree Parser::chain(const char* keyword, Tree (Parser::*operand)()) {
    const Token at = token_;
    Tree first = (this->*operand)();
    if (!token_.is(keyword))
        return first;
    std::vector<Tree> operands;
    operands.push_back(std::move(first));
    while (accept(keyword))
        operands.push_back((this->*operand)());
    return built(keyword, std::move(operands), at);
}

Tree Parser::negation() {
    const Token at = token_;
    if (!token_.is("not") || !enter())
        return comparison();
    step();
    Tree operand = negation();
    leave();
    return built_of("not", at, std::move(operand));
}

Tree Parser::comparison() {
    static constexpr std::array<std::pair<std::string_view, const char*>, 10> operators = {{
        {"==", "eq"},
        {"!=", "ne"},
        {"<", "lt"},
        {"<=", "le"},
        {">", "gt"},
        {">=", "ge"},
        {"starts_with", "starts_with"},
        {"ends_with", "ends_with"},
        {"contains", "contains"},
        {"matches", "matches"},
    }};
    Tree left = sum();
    const Token at = token_;
    const bool negated = accept("not");
    if (negated && !token_.is("in") && !token_.is("between"))
        fail("expected 'in' or 'between' after 'not'");
    if (token_.is("in") || token_.is("between")) {
        Tree tree = token_.is("in") ? membership(std::move(left)) : range(std::move(left));
        return negated ? built_of("not", at, std::move(tree)) : tree;
    }
    for (const auto& [symbol, function] : operators) {
        if (accept(symbol)) {
            Tree right = sum();
            return built_of(function, at, std::move(left), std::move(right));
        }
    }
    return left;
}

Tree Parser::membership(Tree left) {
    const Token at = token_;
    step();
    if (token_.kind == Token::Kind::name) // a list by its name
        return built_of("in_list", at, std::move(left), primary());
    expect("[");
    std::vector<Tree> members = sequence("]");
    members.insert(members.begin(), std::move(left));
    return built("in", std::move(members), at);
}

Tree Parser::range(Tree left) {
    const Token at = token_;
    step();
    Tree low = sum();
    expect("and");
    Tree high = sum();
    return built_of("between", at, std::move(left), std::move(low), std::move(high));
}

Tree Parser::sum() {
    Tree left = product();
    while (token_.is("+") || token_.is("-")) {
        const Token at = token_;
        step();
        Tree right = product();
        left = built_of(at.text == "+" ? "add" : "subtract", at, std::move(left), std::move(right));
    }
    return left;
}

Tree Parser::product() {
    Tree left = unary();
    while (token_.is("*") || token_.is("/")) {
        const Token at = token_;
        step();
        Tree right = unary();
        left =
            built_of(at.text == "*" ? "multiply" : "divide", at, std::move(left), std::move(right));
    }
    return left;
}

Tree Parser::unary() {
    const Token at = token_;
    if (!token_.is("-") || !enter())
        return primary();
    step();
    Tree operand = unary();
    leave();
    Node& node = operand.node;
    const bool number = node.kind == Node::Kind::literal &&
                        (node.value.type == Type::integer || node.value.type == Type::decimal ||
                         node.value.type == Type::duration);
    if (number) {
        node.value.integer = -node.value.integer; // symmetric range: cannot overflow
        return operand;
    }
    return built_of("negate", at, std::move(operand));
}

std::vector<Tree> Parser::sequence(const char* close) {
    std::vector<Tree> items;
    while (!accept(close) && !problem_) {
        if (!items.empty())
            expect(",");
        items.push_back(disjunction());
    }
    return items;
}

Tree Parser::call_of(const Token& at) {
    if (!enter())
        return {};
    step();
    std::vector<Tree> arguments = sequence(")");
    leave();
    return built(at.text, std::move(arguments), at);
}

Tree Parser::primary() {
    if (++nodes_ > k_nodes_max)
        fail("more than 10,000 parts");
    const Token at = token_;
    Tree tree;
    Node& node = tree.node;
    node.line = at.line;
    node.column = at.column;
    if (accept("(")) {
        if (enter()) {
            tree = disjunction();
            expect(")");
            leave();
        }
    } else if (accept("true") || accept("false")) {
        node.value = Value::of(at.text == "true");
    } else if (accept("null")) {
        node.value = Value{};
    } else if (at.kind == Token::Kind::literal) {
        node.value = at.value;
        node.text = at.text;
        step();
    } else if (at.kind == Token::Kind::name) {
        step();
        if (token_.is("("))
            return call_of(at);
        node.kind = Node::Kind::name;
        node.text = at.text;
    } else if (at.kind == Token::Kind::end) {
        fail("the expression ends too early");
    } else {
        fail("expected a value, not '" + printable(at.text, k_shown_max) + "'");
    }
    return tree;
}

} // namespace

Expected<Node> parse(std::string_view text) {
    if (text.size() > k_text_max)
        return bad("bad_expression", {}, "longer than 65,536 characters");
    return Parser(text).whole();
}

} // namespace harmonia::expr

#include "core/base/check.hpp"
#include "core/base/text.hpp"
#include "core/expr/function.hpp"
#include "core/expr/node.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace harmonia::expr {

static_assert(std::is_trivially_copyable_v<Value>);

namespace {

constexpr TypeSet bit(Type type) {
    return static_cast<TypeSet>(1U << static_cast<unsigned>(type));
}

struct Op {
    enum class Kind : std::uint8_t { literal, slot, eager, lazy } kind = Kind::literal;
    bool propagates_null = false;
    std::uint32_t first = 0; ///< call: index of the first argument in `arguments`
    std::uint32_t count = 0; ///< call: number of arguments; slot: index in the row
    const Function* function = nullptr;
    const void* state = nullptr;
    Value literal;
};

Type result_of(const Op& op, std::span<const Name> names) {
    switch (op.kind) {
    case Op::Kind::literal:
        return op.literal.type;
    case Op::Kind::slot:
        return names[op.count].type;
    case Op::Kind::eager:
    case Op::Kind::lazy:
        return op.function->result;
    }
    return Type::null;
}

} // namespace

// Calls in one array, the indices of their arguments in another; the root is the last op.
struct Program::Code {
    std::vector<Op> ops;
    std::vector<std::uint32_t> arguments;
    std::vector<TypeSet> accepted; ///< beside `arguments`: types that the parameter takes
    std::vector<State> states;     ///< what ops[].state points to
    std::vector<std::unique_ptr<std::string>> texts; ///< what literals point to
    Type type = Type::null;
    std::size_t stack_max = 0; ///< arguments that are alive at once, at most

    [[nodiscard]] Value eval(std::uint32_t index, std::span<const Value> row, Arena& arena,
                             Value* stack) const;
    [[nodiscard]] Value call(const Op& op, std::span<const Value> row, Arena& arena,
                             Value* stack) const;
};

namespace {

class Compiler {
public:
    Compiler(Program::Code& code, std::span<const Name> names) : code_(code), names_(names) {}

    /// Index of the op; height counts argument slots that evaluation needs.
    Expected<std::uint32_t> compile(const Node& node, int depth, std::size_t below);

private:
    static tl::unexpected<Problem> fail(const Node& node, const std::string& message) {
        return bad("bad_expression", {}, placed(node.line, node.column, message));
    }
    Expected<std::uint32_t> literal(const Node& node);
    Expected<std::uint32_t> slot(const Node& node);
    Expected<std::uint32_t> call(const Node& node, int depth, std::size_t below);
    Expected<void> check(const Node& node, const Parameters& parameters,
                         const std::vector<std::uint32_t>& arguments) const;
    std::uint32_t added(Op op) {
        code_.ops.push_back(op);
        return static_cast<std::uint32_t>(code_.ops.size() - 1);
    }

    Program::Code& code_;
    std::span<const Name> names_;
};

Expected<std::uint32_t> Compiler::compile(const Node& node, int depth, std::size_t below) {
    if (depth > k_depth_max)
        return fail(node, "nested more than 64 deep");
    if (code_.ops.size() >= k_nodes_max)
        return fail(node, "more than 10,000 parts");
    switch (node.kind) {
    case Node::Kind::literal:
        return literal(node);
    case Node::Kind::name:
        return slot(node);
    case Node::Kind::call:
        return call(node, depth, below);
    }
    return fail(node, "unknown kind of node");
}

Expected<std::uint32_t> Compiler::literal(const Node& node) {
    Op op;
    op.literal = node.value;
    if (node.value.type == Type::text) {
        code_.texts.push_back(std::make_unique<std::string>(node.text));
        op.literal.text = *code_.texts.back();
    }
    return added(op);
}

Expected<std::uint32_t> Compiler::slot(const Node& node) {
    const auto found = std::find_if(names_.begin(), names_.end(),
                                    [&](const Name& known) { return known.name == node.text; });
    if (found == names_.end()) {
        std::vector<std::string> candidates;
        for (const Name& known : names_)
            candidates.push_back(known.name);
        const auto meant = nearest(node.text, candidates);
        return fail(node, "unknown name '" + printable(node.text, 60) + "'" +
                              (meant ? ", did you mean '" + *meant + "'?" : ""));
    }
    Op op;
    op.kind = Op::Kind::slot;
    op.count = static_cast<std::uint32_t>(found - names_.begin());
    return added(op);
}

Expected<std::uint32_t> Compiler::call(const Node& node, int depth, std::size_t below) {
    const Function* function = find_function(node.text);
    if (function == nullptr) {
        if (node.text == "divide" || node.text == "in_list") { // whose numbers are fractions
            return fail(node, node.text == "divide" ? "'/' is for fraud rules only"
                                                    : "lists by name are for fraud rules only");
        }
        std::vector<std::string> candidates;
        for (const Function& known : functions())
            candidates.emplace_back(known.name);
        const auto meant = nearest(node.text, candidates);
        return fail(node, "unknown function '" + printable(node.text, 60) + "'" +
                              (meant ? ", did you mean '" + *meant + "'?" : ""));
    }
    const Parameters parameters(function->parameters);
    const std::size_t count = node.children.size();
    if (count < parameters.least || count > parameters.most())
        return fail(node, std::to_string(count) + " arguments do not fit " + function->signature);
    std::vector<std::uint32_t> arguments;
    for (std::size_t i = 0; i < count; ++i) {
        const auto argument = compile(node.children[i], depth + 1, below + count);
        if (!argument)
            return argument;
        arguments.push_back(*argument);
    }
    if (auto checked = check(node, parameters, arguments); !checked)
        return tl::unexpected(checked.error());
    Op op;
    op.kind = function->apply != nullptr ? Op::Kind::eager : Op::Kind::lazy;
    op.propagates_null = function->nulls == Function::Nulls::propagate;
    op.function = function;
    op.first = static_cast<std::uint32_t>(code_.arguments.size());
    op.count = static_cast<std::uint32_t>(count);
    for (std::size_t i = 0; i < count; ++i) {
        code_.arguments.push_back(arguments[i]);
        code_.accepted.push_back(types_of(parameters.letter(i)));
    }
    code_.stack_max = std::max(code_.stack_max, below + count);
    if (function->prepare != nullptr) {
        std::vector<const Value*> literals;
        for (const std::uint32_t argument : arguments) {
            const Op& given = code_.ops[argument];
            literals.push_back(given.kind == Op::Kind::literal ? &given.literal : nullptr);
        }
        auto state = function->prepare(literals);
        if (!state)
            return fail(node, state.error().detail);
        op.state = state->get();
        code_.states.push_back(std::move(*state));
    }
    return added(op);
}

Expected<void> Compiler::check(const Node& node, const Parameters& parameters,
                               const std::vector<std::uint32_t>& arguments) const {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const char letter = parameters.letter(i);
        const Op& given = code_.ops[arguments[i]];
        const Type type = result_of(given, names_);
        if (letter < 'a' && given.kind != Op::Kind::literal) {
            return fail(node, "argument " + std::to_string(i + 1) + " of '" + node.text +
                                  "' must be written out, not computed");
        }
        if (type != Type::null && (types_of(letter) & bit(type)) == 0) {
            return fail(node, "argument " + std::to_string(i + 1) + " of '" + node.text +
                                  "' cannot be of type " + type_name(type));
        }
    }
    return {};
}

} // namespace

namespace {

class LazyArguments final : public LazyCall {
public:
    LazyArguments(const Program::Code& code, const Op& op, std::span<const Value> row, Arena& arena,
                  Value* stack)
        : code_(code), op_(op), row_(row), arena_(arena), stack_(stack) {}
    [[nodiscard]] std::size_t size() const override { return op_.count; }
    [[nodiscard]] Value operator[](std::size_t i) const override;
    [[nodiscard]] const void* state() const override { return op_.state; }

private:
    const Program::Code& code_;
    const Op& op_;
    std::span<const Value> row_;
    Arena& arena_;
    Value* stack_;
};

Value wrong_type(const Op& op, std::size_t argument, Type type, Arena& arena) {
    const std::string detail = std::string("argument ") + std::to_string(argument + 1) + " of '" +
                               op.function->name + "' cannot be of type " + type_name(type);
    return Value::error("bad_value", arena.copy(detail));
}

} // namespace

Value Program::Code::eval(std::uint32_t index, std::span<const Value> row, Arena& arena,
                          Value* stack) const {
    const Op& op = ops[index];
    switch (op.kind) {
    case Op::Kind::literal:
        return op.literal;
    case Op::Kind::slot:
        return row[op.count];
    case Op::Kind::eager:
        return call(op, row, arena, stack);
    case Op::Kind::lazy:
        return op.function->apply_lazily(LazyArguments(*this, op, row, arena, stack + op.count));
    }
    return {};
}

Value Program::Code::call(const Op& op, std::span<const Value> row, Arena& arena,
                          Value* stack) const {
    for (std::uint32_t i = 0; i < op.count; ++i) {
        Value& value = stack[i];
        value = eval(arguments[op.first + i], row, arena, stack + op.count);
        if (value.is_error() || (value.is_null() && op.propagates_null))
            return value;
        if ((accepted[op.first + i] & bit(value.type)) == 0 && !value.is_null())
            return wrong_type(op, i, value.type, arena);
    }
    return op.function->apply({{stack, op.count}, arena, op.state});
}

Value LazyArguments::operator[](std::size_t i) const {
    const std::size_t at = op_.first + i;
    const Value value = code_.eval(code_.arguments[at], row_, arena_, stack_);
    if (!value.is_null() && !value.is_error() && (code_.accepted[at] & bit(value.type)) == 0)
        return wrong_type(op_, i, value.type, arena_);
    return value;
}

Program::Program() = default;
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

Expected<Program> Program::compile(const Node& node, std::span<const Name> names) {
    Program program;
    program.code_ = std::make_unique<Code>();
    const auto root = Compiler(*program.code_, names).compile(node, 1, 0);
    if (!root)
        return tl::unexpected(root.error());
    HARMONIA_CHECK(*root + 1 == program.code_->ops.size());
    program.code_->type = result_of(program.code_->ops.back(), names);
    return program;
}

Type Program::type() const {
    return code_->type;
}

Value Program::eval(std::span<const Value> row, Arena& arena) const {
    const Op& root = code_->ops.back();
    if (root.kind == Op::Kind::slot) // a field as it is: half of all there are
        return row[root.count];
    // Most expressions are small: their arguments live on the machine's stack, uninitialised.
    constexpr std::size_t small = 24;
    alignas(Value) std::byte local[small * sizeof(Value)];
    Value* stack = reinterpret_cast<Value*>(local);
    if (code_->stack_max > small)
        stack = reinterpret_cast<Value*>(arena.allocate(code_->stack_max * sizeof(Value)));
    return code_->eval(static_cast<std::uint32_t>(code_->ops.size() - 1), row, arena, stack);
}

} // namespace harmonia::expr

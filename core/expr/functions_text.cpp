#include "core/base/text.hpp"
#include "core/expr/function.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace harmonia::expr::fn {

namespace {

// Bytes of the first `characters` UTF-8 characters of `text`.
std::size_t bytes_of(std::string_view text, std::int64_t characters) {
    std::size_t at = 0;
    for (; at < text.size() && characters > 0; --characters) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U)
            ++at;
    }
    return at;
}

Value mapped(const Call& call, char first, char last, char to) {
    const std::string_view text = call.text(0);
    char* const at = call.arena.allocate(text.size());
    std::transform(text.begin(), text.end(), at, [&](char c) {
        return c >= first && c <= last ? static_cast<char>(c - first + to) : c;
    });
    return Value::of_text({at, text.size()});
}

Value joined(std::string_view separator, std::span<const Value> values, Arena& arena) {
    std::size_t size = 0;
    // Values other than texts are printed once; texts are taken as they are.
    const auto texts = reinterpret_cast<std::string_view*>(
        arena.allocate(values.size() * sizeof(std::string_view)));
    for (std::size_t i = 0; i < values.size(); ++i) {
        texts[i] = print(values[i], arena);
        size += texts[i].size() + (i == 0 ? 0 : separator.size());
    }
    char* const begin = arena.allocate(size);
    char* at = begin;
    const auto append = [&](std::string_view text) {
        at = std::copy(text.begin(), text.end(), at);
    };
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0)
            append(separator);
        append(texts[i]);
    }
    return Value::of_text({begin, size});
}

// Patterns come from declarations, but a pattern's automaton must not eat the machine either.
constexpr int k_pattern_memory_max = 1 << 20;

Expected<State> pattern_of(Literals literals) {
    re2::RE2::Options options;
    options.set_max_mem(k_pattern_memory_max);
    options.set_log_errors(false);
    const std::string_view text = literals[1]->text;
    auto pattern =
        std::make_shared<const re2::RE2>(re2::StringPiece(text.data(), text.size()), options);
    if (!pattern->ok())
        return bad("bad_expression", {}, "pattern: " + pattern->error());
    return pattern;
}

} // namespace

Value trim_text(const Call& call) {
    return Value::of_text(trim(call.text(0)));
}
Value lower(const Call& call) {
    return mapped(call, 'A', 'Z', 'a');
}
Value upper(const Call& call) {
    return mapped(call, 'a', 'z', 'A');
}
Value length(const Call& call) {
    return Value::of(static_cast<std::int64_t>(count_characters(call.text(0))));
}

Value strip_prefix(const Call& call) {
    const std::string_view text = call.text(0);
    const bool has = text.substr(0, call.text(1).size()) == call.text(1);
    return Value::of_text(has ? text.substr(call.text(1).size()) : text);
}

Value left(const Call& call) {
    return Value::of_text(call.text(0).substr(0, bytes_of(call.text(0), call[1].integer)));
}

Value right(const Call& call) {
    const std::string_view text = call.text(0);
    const std::int64_t wanted = std::max<std::int64_t>(call[1].integer, 0);
    return Value::of_text(
        text.substr(bytes_of(text, static_cast<std::int64_t>(count_characters(text)) - wanted)));
}

Value slice(const Call& call) {
    const std::string_view rest = call.text(0).substr(bytes_of(call.text(0), call[1].integer));
    return Value::of_text(rest.substr(0, bytes_of(rest, call[2].integer)));
}

Value split_at(const Call& call) {
    std::string_view rest = call.text(0);
    const std::string_view separator = call.text(1);
    if (separator.empty())
        return Value::error("bad_value", "'split_at' with an empty separator");
    for (std::int64_t part = call[2].integer; part >= 1; --part) {
        const std::size_t end = rest.find(separator);
        if (part == 1)
            return Value::of_text(rest.substr(0, end));
        if (end == std::string_view::npos)
            return {};
        rest.remove_prefix(end + separator.size());
    }
    return Value::error("bad_value", "'split_at' counts its parts from 1");
}

Value replace(const Call& call) {
    const std::string_view old = call.text(1);
    if (old.empty())
        return Value::error("bad_value", "'replace' of an empty text");
    std::string made;
    std::string_view rest = call.text(0);
    for (std::size_t at = rest.find(old); at != std::string_view::npos; at = rest.find(old)) {
        made.append(rest.substr(0, at)).append(call.text(2));
        rest.remove_prefix(at + old.size());
    }
    return Value::of_text(call.arena.copy(made.append(rest)));
}

Value concat(const Call& call) {
    return joined({}, call.arguments, call.arena);
}
Value join_texts(const Call& call) {
    return joined(call.text(0), call.arguments.subspan(1), call.arena);
}
Value print_value(const Call& call) {
    return Value::of_text(print(call[0], call.arena));
}

Value starts_with(const Call& call) {
    return Value::of(call.text(0).starts_with(call.text(1)));
}
Value ends_with(const Call& call) {
    return Value::of(call.text(0).ends_with(call.text(1)));
}
Value contains(const Call& call) {
    return Value::of(call.text(0).find(call.text(1)) != std::string_view::npos);
}

Expected<State> matches_prepare(Literals literals) {
    return pattern_of(literals);
}
Value matches(const Call& call) {
    const re2::StringPiece text(call.text(0).data(), call.text(0).size());
    return Value::of(re2::RE2::FullMatch(text, call.prepared<re2::RE2>()));
}

Expected<State> regex_group_prepare(Literals literals) {
    auto state = pattern_of(literals);
    const std::int64_t group = literals.size() > 2 ? literals[2]->integer : 1;
    if (state && (group < 0 ||
                  group > static_cast<const re2::RE2*>(state->get())->NumberOfCapturingGroups()))
        return bad("bad_expression", {}, "the pattern has no group " + std::to_string(group));
    return state;
}
Value regex_group(const Call& call) {
    constexpr int groups_max = 16;
    const std::int64_t group = call.size() > 2 ? call[2].integer : 1;
    if (group >= groups_max)
        return Value::error("bad_value", "'regex_group' knows the groups up to 15");
    re2::StringPiece found[groups_max];
    const re2::StringPiece text(call.text(0).data(), call.text(0).size());
    const bool fits = call.prepared<re2::RE2>().Match(text, 0, text.size(), re2::RE2::UNANCHORED,
                                                      found, static_cast<int>(group) + 1);
    const re2::StringPiece& piece = found[group];
    return fits && piece.data() != nullptr ? Value::of_text({piece.data(), piece.size()}) : Value{};
}

} // namespace harmonia::expr::fn

#include "core/expr/template.hpp"

#include "core/json/writer.hpp"
#include "core/base/text.hpp"
#include "core/money/currency.hpp"
#include "core/money/money.hpp"
#include "core/time/civil.hpp"
#include "core/time/format.hpp"
#include "core/time/zone.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::expr {

using Json = nlohmann::json;

struct Filter {
    std::string name, argument;
};
struct Template::Piece {
    enum class Kind { text, value, each, choice } kind = Kind::text;
    std::string text; ///< text
    std::vector<std::string> path;
    std::vector<Filter> filters;
    std::vector<Piece> body, otherwise;
};

namespace {

using Piece = Template::Piece;
using Pieces = std::vector<Piece>;
using Scopes = std::vector<const Json*>; ///< innermost last

constexpr std::size_t k_block_depth_max = 8; // blocks in blocks; more is no message but a program

const Json* member(const Json& object, const std::string& name) {
    if (!object.is_object())
        return nullptr;
    const auto found = object.find(name);
    return found == object.end() ? nullptr : &*found;
}

const Json* follow(const Json& from, const std::vector<std::string>& path, bool form) {
    const Json* at = &from;
    for (const std::string& name : path) {
        const Json* next = member(*at, name);
        if (next == nullptr && form && at->is_object() && at->contains("*"))
            return &(*at)["*"];
        if (next == nullptr)
            return nullptr;
        at = next;
    }
    return at;
}

const Json* find(const Scopes& scopes, const std::vector<std::string>& path, bool form = false) {
    for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
        if (const Json* found = follow(**scope, path, form))
            return found;
    return nullptr;
}

struct Mistake {
    std::size_t at;
    std::string what;
};

class Compiler {
public:
    Compiler(std::string_view text, const Json& form) : text_(text), scopes_{&form} {}

    Pieces whole() {
        Pieces pieces = block("");
        if (at_ < text_.size())
            throw Mistake{at_, "this block was not begun"};
        return pieces;
    }

private:
    // Up to the tag `{{/end}}` or `{{#else}}`, which stays to be read; the text's end with none.
    Pieces block(const std::string& end) {
        Pieces pieces;
        for (;;) {
            const std::size_t open = text_.find("{{", at_);
            if (open != at_) {
                Piece piece;
                piece.text = text_.substr(at_, open == std::string_view::npos ? open : open - at_);
                if (!piece.text.empty())
                    pieces.push_back(std::move(piece));
            }
            if (open == std::string_view::npos) {
                at_ = text_.size();
                if (!end.empty())
                    throw Mistake{at_, "{{/" + end + "}} is missing"};
                return pieces;
            }
            at_ = open;
            const std::string_view tag = peek();
            if (tag.starts_with('/') || tag == "#else")
                return pieces;
            pieces.push_back(piece_of(tag));
        }
    }

    [[nodiscard]] std::string_view peek() const {
        const std::size_t close = text_.find("}}", at_);
        if (close == std::string_view::npos)
            throw Mistake{at_, "}} is missing"};
        return trim(text_.substr(at_ + 2, close - at_ - 2));
    }
    void skip() { at_ = text_.find("}}", at_) + 2; }

    Piece piece_of(std::string_view tag) {
        Piece piece;
        if (tag.starts_with("#each "))
            return each(trim(tag.substr(6)));
        if (tag.starts_with("#if "))
            return choice(trim(tag.substr(4)));
        if (tag.starts_with('#'))
            throw Mistake{at_, "there are #each, #if and #else only"};
        const auto parts = split(tag, '|');
        piece.kind = Piece::Kind::value;
        piece.path = path_of(trim(parts.front()));
        for (std::size_t i = 1; i < parts.size(); ++i)
            piece.filters.push_back(filter_of(trim(parts[i])));
        skip();
        return piece;
    }

    Piece each(std::string_view path) {
        Piece piece;
        piece.kind = Piece::Kind::each;
        piece.path = path_of(path);
        const Json* list = find(scopes_, piece.path, true);
        if (!list->is_array() || list->empty())
            throw Mistake{at_, fmt::format("'{}' must be a list", path)};
        enter(&list->front());
        piece.body = block("each");
        leave("each");
        scopes_.pop_back();
        return piece;
    }

    Piece choice(std::string_view path) {
        Piece piece;
        piece.kind = Piece::Kind::choice;
        piece.path = path_of(path);
        enter(scopes_.back());
        piece.body = block("if");
        if (peek() == "#else") {
            skip();
            piece.otherwise = block("if");
        }
        leave("if");
        scopes_.pop_back();
        return piece;
    }

    void enter(const Json* scope) {
        if (scopes_.size() > k_block_depth_max)
            throw Mistake{at_, "too many blocks in blocks"};
        skip();
        scopes_.push_back(scope);
    }
    void leave(const std::string& end) {
        if (peek() != "/" + end)
            throw Mistake{at_, "{{/" + end + "}} is missing"};
        skip();
    }

    std::vector<std::string> path_of(std::string_view text) {
        std::vector<std::string> path;
        for (const auto part : split(text, '.'))
            path.emplace_back(trim(part));
        if (std::any_of(path.begin(), path.end(), [](const auto& p) { return p.empty(); }))
            throw Mistake{at_, "a path is missing"};
        if (find(scopes_, path, true) == nullptr)
            throw Mistake{at_, fmt::format("there is no '{}'", text)};
        return path;
    }

    Filter filter_of(std::string_view text) const {
        const auto colon = text.find(':');
        Filter filter{std::string(trim(text.substr(0, colon))),
                      colon == std::string_view::npos ? ""
                                                      : std::string(trim(text.substr(colon + 1)))};
        const auto number = parse_int(filter.argument);
        const bool bare = filter.argument.empty();
        if (filter.name == "trunc"   ? number && *number > 0 && *number <= 100'000
            : filter.name == "time"  ? bare || time::Zone::find(filter.argument) != nullptr
            : filter.name == "money" ? money::exponent_of(filter.argument).has_value()
                                     : bare && (filter.name == "upper" || filter.name == "json" ||
                                                filter.name == "html"))
            return filter;
        throw Mistake{at_, fmt::format("there is no filter '{}'", text)};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Scopes scopes_;
};

std::string plain(const Json* value) {
    if (value == nullptr || value->is_null())
        return {};
    if (value->is_string())
        return value->get<std::string>();
    return json::dumped(*value);
}

bool holds(const Json* value) {
    if (value == nullptr || value->is_null())
        return false;
    if (value->is_boolean())
        return value->get<bool>();
    if (value->is_number())
        return *value != 0;
    return !value->empty() && *value != "";
}

std::string cut(const std::string& text, std::size_t characters) {
    std::size_t at = 0;
    for (std::size_t seen = 0; at < text.size(); ++at)
        if ((static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U && seen++ == characters)
            break;
    return text.substr(0, at);
}

std::string shown_time(const std::string& text, const std::string& zone_name) {
    const auto parsed = time::parse_iso(text);
    if (!parsed)
        return text;
    const auto& zone = zone_name.empty() ? time::Zone::utc() : *time::Zone::find(zone_name);
    const auto whole = parsed->instant(time::Zone::utc()) / time::k_second_us * time::k_second_us;
    if (zone_name.empty())
        return time::print_utc(whole).substr(0, 19) + "Z";
    return time::print_in_zone(whole, zone);
}

std::string filtered(std::string text, const Json* value, const Filter& filter) {
    if (filter.name == "upper") {
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        return text;
    }
    if (filter.name == "trunc")
        return cut(text, static_cast<std::size_t>(*parse_int(filter.argument)));
    if (filter.name == "time")
        return shown_time(text, filter.argument);
    if (filter.name == "html")
        return html_escaped(text);
    if (filter.name == "money") {
        const auto minor = parse_int(text);
        if (!minor)
            return text;
        return *money::print_major(*minor, filter.argument, money::Padding::padded) + " " +
               filter.argument;
    }
    const Json quoted = value != nullptr && !value->is_string() ? *value : Json(text);
    return json::dumped(quoted);
}

void append(std::string& out, const Pieces& pieces, Scopes& scopes, Template::Escape escape) {
    for (const Piece& piece : pieces) {
        const Json* value = piece.path.empty() ? nullptr : find(scopes, piece.path);
        switch (piece.kind) {
        case Piece::Kind::text:
            out += piece.text;
            break;
        case Piece::Kind::value: {
            std::string text = plain(value);
            bool escaped = false;
            for (const Filter& filter : piece.filters) {
                text = filtered(std::move(text), value, filter);
                escaped = escaped || filter.name == "html";
            }
            out += escape == Template::Escape::html && !escaped ? html_escaped(text) : text;
            break;
        }
        case Piece::Kind::each:
            if (value == nullptr || !value->is_array())
                break;
            for (const Json& item : *value) {
                scopes.push_back(&item);
                append(out, piece.body, scopes, escape);
                scopes.pop_back();
            }
            break;
        case Piece::Kind::choice:
            append(out, holds(value) ? piece.body : piece.otherwise, scopes, escape);
            break;
        }
    }
}

} // namespace

Expected<Template> Template::compile(std::string_view text, const Json& form, Escape escape) {
    try {
        Template made;
        made.pieces_ = std::make_shared<const Pieces>(Compiler(text, form).whole());
        made.escape_ = escape;
        return made;
    } catch (const Mistake& mistake) {
        const auto before = text.substr(0, mistake.at);
        const auto line = std::count(before.begin(), before.end(), '\n') + 1;
        const auto column = mistake.at - (before.rfind('\n') + 1) + 1;
        return bad("bad_template", {}, fmt::format("{}:{}: {}", line, column, mistake.what));
    }
}

std::string Template::render(const Json& data) const {
    std::string out;
    Scopes scopes{&data};
    append(out, *pieces_, scopes, escape_);
    return out;
}

std::string html_escaped(std::string_view text) {
    std::string out;
    for (const char c : text)
        switch (c) {
        case '&':
            out += "&amp;";
            break;
        case '<':
            out += "&lt;";
            break;
        case '>':
            out += "&gt;";
            break;
        case '"':
            out += "&quot;";
            break;
        case '\'':
            out += "&#39;";
            break;
        default:
            out += c;
        }
    return out;
}

} // namespace harmonia::expr

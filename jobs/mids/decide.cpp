#include "jobs/mids/decide.hpp"

#include "core/base/text.hpp"
#include "jobs/mids/rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

namespace harmonia::mids {
namespace {

constexpr std::size_t k_columns = 10;
// Lengths of the columns that identifiers have always been kept in.
constexpr std::size_t k_short_max = 50, k_location_max = 250, k_postcode_max = 16;
constexpr std::size_t k_reason_max = 250;

enum Column {
    provider,
    identifier,
    type,
    scheme,
    location_id,
    internal_id,
    name,
    place,
    postcode,
    action
};

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(),
        [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

Expected<void> check_length(std::string_view field, std::string_view text, std::size_t max) {
    if (characters(text) <= max)
        return {};
    return bad("too_long", std::string(field),
               fmt::format("{} must have at most {} characters", field, max));
}

/// Letters of other alphabets are allowed: lower case is only known for ASCII here.
Expected<void> check_slug(std::string_view field, std::string_view text) {
    bool good = !text.empty() && text.front() != '-' && text.back() != '-' &&
                text.find("--") == std::string_view::npos;
    for (const char c : text)
        good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                        static_cast<unsigned char>(c) >= 0x80);
    if (!good)
        return bad("slug", std::string(field),
                   fmt::format("{} must be a slug (lower-case letters, digits, single hyphens), "
                               "got '{}'",
                               field, printable(text, 60)));
    return check_length(field, text, k_short_max);
}

std::string at_line(std::uint64_t line, std::string_view what) {
    return printable(fmt::format("line {}: {}", line, what), k_reason_max);
}

std::optional<std::string> unless_empty(std::string text) {
    if (text.empty())
        return std::nullopt;
    return text;
}

Identifier take(std::vector<std::string>& fields) {
    Identifier row;
    row.key = {std::move(fields[provider]), std::move(fields[type]), std::move(fields[identifier])};
    row.scheme = std::move(fields[scheme]);
    row.location_id = unless_empty(std::move(fields[location_id]));
    row.merchant_internal_id = unless_empty(std::move(fields[internal_id]));
    row.location = std::move(fields[place]);
    row.postcode = std::move(fields[postcode]);
    return row;
}

/// Where each key was first seen, and with which action.
class Seen {
public:
    struct Place {
        std::uint64_t line;
        bool add;
    };
    /// The earlier place of the same key, or empty when this is the first.
    std::optional<Place> note(const Key& key, Place here) {
        const auto [found, fresh] =
            places_.emplace(key.provider + '\x1f' + key.type + '\x1f' + key.identifier, here);
        return fresh ? std::nullopt : std::optional(found->second);
    }

private:
    std::unordered_map<std::string, Place> places_;
};

Expected<void> take_row(std::vector<std::string>& fields, std::uint64_t line, Seen& seen,
                        IdentifierFile& file) {
    const auto refuse = [&](std::string code, std::string_view what) {
        return bad(std::move(code), "", at_line(line, what));
    };
    if (fields.size() != k_columns)
        return refuse("columns",
                      fmt::format("expected {} columns, found {}", k_columns, fields.size()));
    const bool add = fields[action] == "A" || fields[action] == "a";
    if (!add && fields[action] != "D" && fields[action] != "d")
        return {};
    Identifier row = take(fields);
    if (const auto checked = add ? check(row) : check(row.key); !checked)
        return refuse(checked.error().code, checked.error().detail);
    const auto earlier = seen.note(row.key, {line, add});
    if (earlier && earlier->add != add)
        return refuse("contradiction",
                      fmt::format("identifier '{}' is both added and deleted (see line {})",
                                  printable(row.key.identifier, 60), earlier->line));
    if (!earlier && add)
        file.added.push_back(std::move(row));
    else if (!earlier)
        file.deleted.push_back(std::move(row.key));
    return {};
}

} // namespace

Expected<void> check(Key& key) {
    if (key.identifier.empty())
        return bad("identifier", "identifier", "identifier must not be blank");
    std::string type = key.type;
    for (char& c : type)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (type != "PRIMARY" && type != "SECONDARY" && type != "PSIMI")
        return bad("identifier_type", "identifier_type",
                   fmt::format("identifier_type must be PRIMARY, SECONDARY or PSIMI, got '{}'",
                               printable(key.type, 60)));
    key.type = std::move(type);
    if (const auto length = check_length("identifier", key.identifier, k_short_max); !length)
        return length;
    return check_slug("payment_provider", key.provider);
}

Expected<void> check(Identifier& row) {
    if (const auto key = check(row.key); !key)
        return key;
    if (const auto slug = check_slug("loyalty_scheme", row.scheme); !slug)
        return slug;
    const auto view = [](const std::optional<std::string>& text) {
        return text ? std::string_view(*text) : std::string_view();
    };
    const struct {
        const char* field;
        std::string_view text;
        std::size_t max;
    } texts[] = {{"location_id", view(row.location_id), k_short_max},
                 {"merchant_internal_id", view(row.merchant_internal_id), k_short_max},
                 {"location", row.location, k_location_max},
                 {"postcode", row.postcode, k_postcode_max}};
    for (const auto& [field, text, max] : texts)
        if (const auto length = check_length(field, text, max); !length)
            return length;
    return {};
}

Expected<IdentifierFile> parse_file(std::string_view text) {
    if (const std::size_t at = find_bad_utf8(text); at != std::string_view::npos) {
        const auto lines = std::count(text.begin(), text.begin() + static_cast<long>(at), '\n');
        return bad("not_utf8", "",
                   at_line(static_cast<std::uint64_t>(lines) + 1, "not UTF-8 text"));
    }
    IdentifierFile file;
    Seen seen;
    Rows reader(text);
    std::vector<std::string> fields;
    while (true) {
        const auto more = reader.next(fields);
        if (!more)
            return tl::unexpected(more.error());
        if (!*more)
            return file;
        ++file.rows;
        if (const auto taken = take_row(fields, reader.line(), seen, file); !taken)
            return tl::unexpected(taken.error());
    }
}

} // namespace harmonia::mids

// Which values of a JSON record a feed wants, and fetching them.
//
// A path is member names joined by dots: `metadata.AccountID`. `list[Key="NAME"].Value` looks into
// an array of objects for the first one whose member `Key` is the string NAME and goes on inside
// it. Names with a dot, bracket or quote are written in quotes: `"odd.name".x`.
#pragma once

#include "core/expr/expr.hpp"
#include "core/json/reader.hpp"

#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers {

/// What no payment needs, or PostgreSQL's jsonb refuses, is refused (docs/formats/json.md).
inline constexpr json::Rules k_record_rules{.depth_max = 64,
                                            .strings = json::Strings::storable,
                                            .number_bytes_max = 400,
                                            .exponent_digits_max = 4};

/// What is wanted at one place of the record. The tree is small: searched one by one.
struct JsonWanted {
    struct Member {
        std::string name;
        std::size_t node;
    };
    struct Selection {
        std::string key;             ///< the member that names an item of the array
        std::vector<Member> by_name; ///< item name → what is wanted of that item
    };
    std::vector<std::size_t> fields; ///< to be filled with this value
    std::vector<Member> members;
    std::vector<Selection> selections;
};

/// Nobody needs more members of one object; they are marked in a bit set.
inline constexpr std::size_t k_json_members_max = 128;
/// Different `Key` members of one array.
inline constexpr std::size_t k_json_selections_max = 4;

class JsonPaths {
public:
    JsonPaths() : nodes_(1) {}
    /// Problem.detail says what is wrong with the path.
    [[nodiscard]] Expected<void> add(std::string_view path, std::size_t field);
    [[nodiscard]] const JsonWanted& root() const { return nodes_.front(); }
    [[nodiscard]] const JsonWanted& node(std::size_t number) const { return nodes_[number]; }

    /// Fills `fields` (null where absent) from an object that was read by k_record_rules: texts are
    /// views of its text, or in the arena where escapes were resolved. A wanted member that occurs
    /// twice is refused; of array items with one name the first counts. Objects and arrays asked
    /// for as a whole arrive as their text; `{"__type__": …, "__value__": x}` arrives as x.
    [[nodiscard]] Expected<void> fetch(const json::Value& object, std::span<expr::Value> fields,
                                       expr::Arena& arena) const;
    /// The same of a record's text, which is UTF-8. `document` is its caller's, for its memory.
    [[nodiscard]] Expected<void> fetch(std::string_view record, json::Document& document,
                                       std::span<expr::Value> fields, expr::Arena& arena) const;

private:
    std::size_t child(std::vector<JsonWanted::Member>& members, std::string_view name);
    std::size_t selected(std::size_t node, std::string_view key, std::string_view name);
    std::deque<JsonWanted> nodes_;
};

} // namespace harmonia::importers

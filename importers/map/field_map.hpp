// Records as texts by name, for sinks that read and check every field themselves.
//
// `map:` of such a feed declares what each name of the sink is made of: a field of the record, or a
// construct (docs/reference/feeds.md). A name without an entry is the record's field of that name.
#pragma once

#include "importers/map/declaration.hpp"
#include "importers/map/map_shorthand.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers {

/// One text per name; empty when absent or blank. Texts point into the record or the arena.
using FieldTexts = std::span<std::optional<std::string_view>>;

/// Immutable once bound, any thread.
class FieldMap {
public:
    /// `names` of the sink, in the order of FieldTexts; must live as long. `required:` of the
    /// declaration names fields of the record that must be present, used by the map or not.
    /// Error(config).
    FieldMap(const Declaration& declaration, std::span<const char* const> names);
    [[nodiscard]] const std::vector<std::string>& used() const { return used_; }
    /// The fields that `name` is made of.
    [[nodiscard]] std::vector<std::string> sources(std::string_view name) const;
    /// Binds the fields to their places in a parsed record. Error(config) for wrong types and
    /// unknown names.
    void bind(const std::vector<std::string>& fields);
    /// The required fields that are null, joined by blanks; empty when all are present.
    [[nodiscard]] std::string lacking(std::span<const expr::Value> fields) const;
    /// Problem: a construct fails on this record; its field is the name it makes.
    [[nodiscard]] Expected<void> read(std::span<const expr::Value> fields, FieldTexts out,
                                      expr::Arena& arena) const;

private:
    struct Entry {
        std::size_t output; ///< place in `names`
        config::Value where;
        expr::Node node;
        std::optional<std::size_t> slot; ///< a field unchanged; otherwise the program makes it
        expr::Program program;
    };
    void use(const std::string& field);

    std::span<const char* const> names_;
    std::vector<Entry> entries_;
    std::vector<std::string> used_, required_;
    std::vector<std::size_t> required_slots_;
};

} // namespace harmonia::importers

// What a rule can ask of a row: the fields of facts/field.def, and outcomes of verdicts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace harmonia::screen {

enum class Field : std::uint8_t {
#define HARMONIA_FIELD(name, column) name,
#include "jobs/screen/facts/field.def"
    count_ ///< the number of fields
};
inline constexpr std::size_t k_fields = static_cast<std::size_t>(Field::count_);
/// Fields before this one are texts.
inline constexpr std::size_t k_text_fields = static_cast<std::size_t>(Field::amount);

[[nodiscard]] const char* field_name(Field field);   ///< as rules write it
[[nodiscard]] const char* field_column(Field field); ///< of screening.fact; "" without one
[[nodiscard]] std::optional<Field> field_named(std::string_view name);

/// A set of fields, as bits.
using Fields = std::uint32_t;
static_assert(k_fields <= 32);
[[nodiscard]] constexpr Fields bit(Field field) {
    return Fields{1} << static_cast<unsigned>(field);
}

/// The largest number of digits that bin() takes.
inline constexpr unsigned k_bin_max = 8;

enum class Outcome : std::uint8_t { none, approved, review, declined };
[[nodiscard]] const char* outcome_name(Outcome outcome);
[[nodiscard]] Outcome outcome_named(std::string_view name); ///< none for any other text

} // namespace harmonia::screen

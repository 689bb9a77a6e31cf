#include "jobs/screen/facts/field.hpp"

#include <array>

namespace harmonia::screen {

namespace {

constexpr std::array<const char*, k_fields> k_names = {
#define HARMONIA_FIELD(name, column) #name,
#include "jobs/screen/facts/field.def"
};
constexpr std::array<const char*, k_fields> k_columns = {
#define HARMONIA_FIELD(name, column) column,
#include "jobs/screen/facts/field.def"
};
constexpr std::array<const char*, 4> k_outcomes = {"none", "approved", "review", "declined"};

} // namespace

const char* field_name(Field field) {
    return k_names[static_cast<std::size_t>(field)];
}

const char* field_column(Field field) {
    return k_columns[static_cast<std::size_t>(field)];
}

std::optional<Field> field_named(std::string_view name) {
    for (std::size_t i = 0; i < k_fields; ++i)
        if (k_names[i] == name)
            return static_cast<Field>(i);
    return std::nullopt;
}

const char* outcome_name(Outcome outcome) {
    return k_outcomes[static_cast<std::size_t>(outcome)];
}

Outcome outcome_named(std::string_view name) {
    for (std::size_t i = 0; i < k_outcomes.size(); ++i)
        if (k_outcomes[i] == name)
            return static_cast<Outcome>(i);
    return Outcome::none;
}

} // namespace harmonia::screen

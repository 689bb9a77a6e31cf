// What an installation looks like, and what a person should do about it.
#pragma once

#include "core/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::status {

/// A server the program needs.
struct Service {
    std::string name;    ///< `postgres` or `amqp`, for named ones with `:NAME`
    std::string address; ///< passwords as ***
    bool healthy = false;
    std::string error;             ///< empty when healthy
    Exit exit = Exit::unavailable; ///< what the error ends a run with, when not healthy
    /// Databases only: migrations that are not applied, or applied differently.
    std::vector<std::string> schema_pending, schema_unknown;
};

/// One question put to the database: rows as text for people, and each as a JSON object.
struct Section {
    std::string name;
    std::string title;
    std::vector<std::string> columns;
    std::vector<std::vector<std::optional<std::string>>> rows;
    std::vector<std::string> json;

    [[nodiscard]] const std::optional<std::string>& text(std::size_t row,
                                                         std::string_view column) const;
    [[nodiscard]] long long number(std::size_t row, std::string_view column) const; ///< 0 for null
    [[nodiscard]] long long sum(std::string_view column) const;
};

struct Picture {
    std::vector<Service> services;
    std::vector<Section> sections; ///< none when the database is out of reach or empty
    [[nodiscard]] const Section* find(std::string_view name) const;
};

struct Advice {
    std::string problem, cure;
};

/// Most pressing first. Empty: nothing to do.
[[nodiscard]] std::vector<Advice> advise(const Picture& picture);

/// As the first server's error says: unavailable when it is out of reach, config for a malformed
/// address, permission for an open secret. With all healthy, config when a schema is not current.
[[nodiscard]] Exit exit_of(const Picture& picture);

} // namespace harmonia::status

// The state of an installation, and what an operator should do about it.
#pragma once

#include "core/base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::status {

/// A server that the program needs.
struct Service {
    std::string name;    ///< `postgres` or `amqp`, for named ones with `:NAME`
    std::string address; ///< passwords as ***
    bool healthy = false;
    std::string error;             ///< empty when healthy
    Exit exit = Exit::unavailable; ///< exit code of the error, when not healthy
    /// Databases only: migrations that are not applied, or applied differently.
    std::vector<std::string> schema_pending, schema_unknown;
};

/// The answer to one question: rows as text for people, and each as a JSON object.
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
    std::vector<Section> sections; ///< empty when the database is out of reach or empty
    [[nodiscard]] const Section* find(std::string_view name) const;
};

struct Advice {
    std::string problem, cure;
};

/// Most pressing first. Empty: nothing to do.
[[nodiscard]] std::vector<Advice> advise(const Picture& picture);

/// The exit code of the first unhealthy server: unavailable when it is out of reach, config for a
/// malformed address, permission for a secret that others can read. When all are healthy: config if
/// a schema is not current.
[[nodiscard]] Exit exit_of(const Picture& picture);

} // namespace harmonia::status

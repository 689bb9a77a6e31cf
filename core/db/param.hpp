// What a statement's $1… stand for.
#pragma once

#include "core/db/array.hpp"
#include "core/db/instant.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::db {

/// One parameter in PostgreSQL's text form; null when empty.
struct Param {
    std::optional<std::string> text;
    Param(std::nullopt_t) {}
    Param(const char* v) : text(v) {}
    Param(std::string v) : text(std::move(v)) {}
    Param(std::string_view v) : text(std::string(v)) {}
    Param(bool v) : text(v ? "t" : "f") {}
    template <std::integral T>
    requires(!std::same_as<T, bool> && !std::same_as<T, char>) Param(T v)
        : text(std::to_string(v)) {}
    Param(double v) : text(std::string(ValueText(v).view())) {}
    Param(float v) : text(std::string(ValueText(v).view())) {}
    Param(Instant v) : text(std::string(ValueText(v).view())) {}
    Param(Date v) : text(std::string(ValueText(v).view())) {}
    template <typename T>
    Param(const std::optional<T>& v) {
        if (v)
            *this = Param(*v);
    }
    /// A one-dimensional array; use with a cast (`$1::text[]`).
    Param(const ArrayText& v) : text(std::string(v.view())) {}
    template <typename T>
    Param(const std::vector<T>& v) {
        ArrayText array;
        for (const T& element : v)
            array.add(element);
        text = array.view();
    }
};

} // namespace harmonia::db

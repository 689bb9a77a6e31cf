// Points in time and dates as PostgreSQL stores them, and their text forms both ways. All sessions
// run in UTC with DateStyle ISO (connection.hpp), so the server writes one form only.
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace harmonia::db {

/// A timestamptz.
struct Instant {
    std::int64_t us = 0; ///< microseconds since 1970-01-01 UTC
    auto operator<=>(const Instant&) const = default;
};

/// A date.
struct Date {
    std::int32_t days = 0; ///< since 1970-01-01
    auto operator<=>(const Date&) const = default;
};

/// Reads what the server writes: `2026-11-21 04:47:49.207247+00`, with or without a fraction.
/// Error(internal) for anything else: another offset, none, `infinity`, years beyond 1…9999.
[[nodiscard]] Instant instant_from(std::string_view text);
/// `2026-11-21`. Error(internal) for anything else.
[[nodiscard]] Date date_from(std::string_view text);

/// A value as text that the server reads back exactly, without allocation; for parameters, arrays
/// and COPY. Reals are the shortest text that gives the same number again.
class ValueText {
public:
    explicit ValueText(Instant value); ///< `2026-11-21T04:47:49.207247Z`
    explicit ValueText(Date value);    ///< `2026-11-21`
    explicit ValueText(double value);
    explicit ValueText(float value);
    [[nodiscard]] std::string_view view() const { return {text_, size_}; }

private:
    char text_[48];
    std::size_t size_;
};

} // namespace harmonia::db

// Values of the accounts area as PostgreSQL's texts, both ways. Inside this folder.
//
// Instants travel as `2026-11-21T04:47:49.207247Z` to the server and come back as its ISO form in
// UTC; all sessions run in UTC.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/settle/accounts/account.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace harmonia::settle::accounts {

/// `2026-11-21 04:47:49.207247+00`, with or without a fraction. Error(internal) for anything else.
[[nodiscard]] std::int64_t instant_from(std::string_view text);
/// `2026-11-21`, as days since 1970-01-01.
[[nodiscard]] std::int32_t date_from(std::string_view text);
[[nodiscard]] double real_from(std::string_view text);
[[nodiscard]] float single_from(std::string_view text);

/// Builds one array parameter (`{…}`) for unnest(); its memory is kept.
class ArrayText {
public:
    void clear() { text_.assign(1, '{'); }
    void add(std::int64_t value);
    void add(double value); ///< shortest text that reads back as the same number
    void add(float value);
    void add(bool value) { separate() += value ? 't' : 'f'; }
    void add_instant(std::int64_t instant_us);
    void add_date(std::int32_t date);
    void add_text(std::string_view text);
    void add_null() { separate() += "NULL"; }
    [[nodiscard]] std::size_t size() const { return text_.size(); }
    [[nodiscard]] db::Param param() const { return db::Param(text_ + "}"); }

private:
    std::string& separate();
    std::string text_ = "{";
};

/// An instant as a field of COPY.
class InstantText {
public:
    explicit InstantText(std::int64_t instant_us);
    [[nodiscard]] std::string_view view() const { return {text_, size_}; }

private:
    char text_[48];
    std::size_t size_;
};

/// A real as a field of COPY: the shortest text that reads back as the same number.
class RealText {
public:
    explicit RealText(double value);
    explicit RealText(float value);
    [[nodiscard]] std::string_view view() const { return {text_, size_}; }

private:
    char text_[32];
    std::size_t size_;
};

} // namespace harmonia::settle::accounts

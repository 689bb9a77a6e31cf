// PostgreSQL's one-dimensional arrays in text form (`{1,2}`, `{a,"b,c",NULL}`): one builder for
// parameters, COPY fields and columns of unnest(), and one reader.
#pragma once

#include "core/db/instant.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::db {

/// Builds one array, element by element; clear() keeps its memory. Use with a cast
/// (`$1::timestamptz[]`).
class ArrayText {
public:
    void clear() { text_.assign("{}"); }
    template <std::integral T>
    void add(T value) {
        if constexpr (std::same_as<T, bool>)
            append(value ? "t" : "f");
        else
            add_integer(static_cast<std::int64_t>(value));
    }
    template <std::floating_point T>
    void add(T value) { ///< the shortest text that reads back as the same number
        append(ValueText(value).view());
    }
    void add(Instant value) { append(ValueText(value).view()); }
    void add(Date value) { append(ValueText(value).view()); }
    void add(std::string_view text);
    void add(const std::string& text) { add(std::string_view(text)); }
    void add(const char* text) { add(std::string_view(text)); }
    template <typename T>
    void add(const std::optional<T>& value) {
        if (value)
            add(*value);
        else
            add_null();
    }
    /// An element of bytea[].
    void add_bytes(std::string_view bytes);
    void add_null() { append("NULL"); }

    [[nodiscard]] bool empty() const { return text_.size() == 2; }
    [[nodiscard]] std::size_t bytes() const { return text_.size(); } ///< of view()
    [[nodiscard]] std::string_view view() const { return text_; }    ///< always a whole array

private:
    void add_integer(std::int64_t value);
    void append(std::string_view element); ///< one that needs no quotes
    void open();
    std::string text_ = "{}";
};

/// Reads an array's elements in order. Error(internal) when the text is malformed or has more than
/// one dimension.
class ArrayReader {
public:
    /// `text` must outlive the reader.
    explicit ArrayReader(std::string_view text);
    /// Moves to the next element; false at the end.
    [[nodiscard]] bool next();
    /// The element at hand, unescaped; valid until next(). "" for NULL.
    [[nodiscard]] std::string_view text() const { return element_; }
    [[nodiscard]] bool is_null() const { return null_; }
    /// Error(internal) when it is not an integer.
    [[nodiscard]] std::int64_t integer() const;

private:
    void read_quoted();
    void read_bare();
    [[noreturn]] void malformed() const;
    std::string_view all_, rest_; ///< rest_: from the next element on, or `}`
    std::string_view element_;
    std::string unescaped_;
    bool null_ = false, first_ = true;
};

/// All elements of a text[]. Error(internal) when one is NULL.
[[nodiscard]] std::vector<std::string> texts_from(std::string_view array);
/// All elements of an integer array. Error(internal) when one is NULL.
[[nodiscard]] std::vector<std::int64_t> integers_from(std::string_view array);

} // namespace harmonia::db

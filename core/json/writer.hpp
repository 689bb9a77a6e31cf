// Writing JSON, with and without building a document first.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <charconv>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace harmonia::json {

/// A document on one line; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string dumped(const nlohmann::json& document);

/// Appends `text` (UTF-8) to `out` as a JSON string, quoted.
void append_string(std::string& out, std::string_view text);

/// Integers; not bool and char, which convert to one and are not meant as one.
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char>;

/// Writes a document from its beginning to its end; commas come by themselves. Brackets and keys
/// are not checked: the caller closes what it opens, and every key is followed by one value.
class Writer {
public:
    Writer& open(char bracket);
    Writer& close(char bracket);
    Writer& key(std::string_view name);

    Writer& string(std::string_view value);
    Writer& number(Integer auto value) {
        char digits[24];
        return raw({digits, std::to_chars(digits, digits + sizeof digits, value).ptr});
    }
    Writer& boolean(bool value) { return raw(value ? "true" : "false"); }
    Writer& null() { return raw("null"); }
    Writer& raw(std::string_view value); ///< as it is: a decimal number, a whole value

    /// A key with its value: a string, an integer, a bool, or one of these that may be missing
    /// (null).
    template <class T>
    Writer& member(std::string_view name, const T& value) {
        key(name);
        if constexpr (std::same_as<T, bool>)
            return boolean(value);
        else if constexpr (Integer<T>)
            return number(value);
        else
            return string(value);
    }
    template <class T>
    Writer& member(std::string_view name, const std::optional<T>& value) {
        return value ? member(name, *value) : key(name).null();
    }

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void comma();
    std::string text_;
};

} // namespace harmonia::json

// Writing JSON: with and without building a document first.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace harmonia {

/// A document on one line; what is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::string dumped(const nlohmann::json& document);

/// Appends `text` (UTF-8) quoted as a JSON string.
void append_json(std::string& json, std::string_view text);

/// A document written from its beginning to its end; commas come by themselves.
class JsonText {
public:
    JsonText& open(char bracket);
    JsonText& close(char bracket);
    JsonText& key(const char* name);
    JsonText& text(std::string_view value);
    JsonText& raw(std::string_view value); ///< as it is: a number, a literal, a whole value
    JsonText& number(std::int64_t value) { return raw(std::to_string(value)); }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void comma();
    std::string text_;
};

} // namespace harmonia

#include "core/base/json_text.hpp"

#include <nlohmann/json.hpp>

namespace harmonia {

std::string dumped(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_json(std::string& json, std::string_view text) {
    static constexpr char k_hex[] = "0123456789abcdef";
    json += '"';
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        json.append(text, written, i - written);
        written = i + 1;
        json += '\\';
        if (c >= 0x20) {
            json += text[i];
        } else {
            json += "u00";
            json += k_hex[c >> 4U];
            json += k_hex[c & 15U];
        }
    }
    json.append(text, written).append(1, '"');
}

JsonText& JsonText::open(char bracket) {
    comma();
    text_ += bracket;
    return *this;
}

JsonText& JsonText::close(char bracket) {
    text_ += bracket;
    return *this;
}

JsonText& JsonText::key(const char* name) {
    comma();
    append_json(text_, name);
    text_ += ':';
    return *this;
}

JsonText& JsonText::text(std::string_view value) {
    comma();
    append_json(text_, value);
    return *this;
}

JsonText& JsonText::raw(std::string_view value) {
    comma();
    text_ += value;
    return *this;
}

void JsonText::comma() {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[' && text_.back() != ':')
        text_ += ',';
}

} // namespace harmonia

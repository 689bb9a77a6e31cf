#include "core/json/writer.hpp"

#include <nlohmann/json.hpp>

namespace harmonia::json {

std::string dumped(const nlohmann::json& document) {
    return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append_string(std::string& out, std::string_view text) {
    static constexpr char k_hex[] = "0123456789abcdef";
    out += '"';
    std::size_t written = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        out.append(text, written, i - written);
        written = i + 1;
        out += '\\';
        if (c >= 0x20) {
            out += text[i];
        } else {
            out += "u00";
            out += k_hex[c >> 4U];
            out += k_hex[c & 15U];
        }
    }
    out.append(text, written).append(1, '"');
}

Writer& Writer::open(char bracket) {
    comma();
    text_ += bracket;
    return *this;
}

Writer& Writer::close(char bracket) {
    text_ += bracket;
    return *this;
}

Writer& Writer::key(std::string_view name) {
    comma();
    append_string(text_, name);
    text_ += ':';
    return *this;
}

Writer& Writer::string(std::string_view value) {
    comma();
    append_string(text_, value);
    return *this;
}

Writer& Writer::raw(std::string_view value) {
    comma();
    text_ += value;
    return *this;
}

void Writer::comma() {
    if (!text_.empty() && text_.back() != '{' && text_.back() != '[' && text_.back() != ':')
        text_ += ',';
}

} // namespace harmonia::json

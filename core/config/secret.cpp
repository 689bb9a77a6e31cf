#include "core/config/secret.hpp"

#include "core/base/error.hpp"
#include "core/base/files.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

namespace harmonia::config {

namespace {

std::filesystem::path located(const std::string& name) {
    const std::filesystem::path path(name);
    const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
    if (path.is_absolute() || !credentials || !*credentials)
        return path;
    const std::filesystem::path there = std::filesystem::path(credentials) / path;
    std::error_code none;
    return std::filesystem::exists(there, none) ? there : path;
}

/// One past the URL's authority that begins at `at`.
std::size_t authority_end(std::string_view text, std::size_t at) {
    const std::size_t end = text.find_first_of("/?# \t\n", at);
    return end == std::string_view::npos ? text.size() : end;
}

void mask_urls(std::string& text) {
    for (std::size_t at = text.find("://"); at != std::string::npos;
         at = text.find("://", at + 3)) {
        const std::size_t begin = at + 3;
        const std::size_t end = authority_end(text, begin);
        const std::size_t host = text.substr(begin, end - begin).rfind('@');
        const std::size_t colon = text.find(':', begin);
        if (host == std::string::npos || colon == std::string::npos || colon > begin + host)
            continue;
        text.replace(colon + 1, begin + host - colon - 1, "***");
    }
}

void mask_words(std::string& text, std::string_view word) {
    for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
        at = text.find_first_not_of(' ', at + word.size());
        if (at == std::string::npos || text[at] != '=') {
            if (at == std::string::npos)
                return;
            continue;
        }
        at = text.find_first_not_of(' ', at + 1);
        if (at == std::string::npos)
            return;
        std::size_t end = at + 1;
        if (text[at] == '\'') {
            while (end < text.size() && text[end] != '\'')
                end += text[end] == '\\' ? 2 : 1;
            end = std::min(end + 1, text.size());
        } else {
            end = std::min(text.find_first_of(" &", at), text.size());
        }
        text.replace(at, end - at, "***");
    }
}

} // namespace

std::string located_secret(const std::string& name) {
    return located(name).string();
}

std::optional<std::string> secret(Reader& section, std::string_view key) {
    const std::string file = section.text(std::string(key) + "_file", "");
    std::string text = section.text(key, "");
    if (!text.empty())
        return text;
    if (file.empty())
        return std::nullopt;
    try {
        return read_secret_file(located(file));
    } catch (const Error& error) {
        if (error.exit() == Exit::permission)
            throw;
        throw Error(Exit::config, error.what(), error.hint());
    }
}

bool is_secret(std::string_view path) {
    if (path.starts_with("feeds") || path.starts_with("matching"))
        return false; // columns, not values
    static constexpr std::array<std::string_view, 5> k_names = {"password", "secret", "token",
                                                                "api_key", "card_key"};
    const std::size_t dot = path.rfind('.');
    const std::string_view last = dot == std::string_view::npos ? path : path.substr(dot + 1);
    return std::any_of(k_names.begin(), k_names.end(), [&](std::string_view name) {
        return last == name || (last.ends_with(name) && last[last.size() - name.size() - 1] == '_');
    });
}

std::string mask_credentials(std::string_view text) {
    std::string masked(text);
    mask_urls(masked);
    mask_words(masked, "password");
    return masked;
}

} // namespace harmonia::config

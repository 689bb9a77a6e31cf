#include "core/db/copy_text.hpp"

#include <cstdint>
#include <cstring>

namespace harmonia::db {
namespace {

constexpr std::uint64_t k_ones = 0x0101010101010101U;
constexpr std::uint64_t k_highs = 0x8080808080808080U;

// Eight bytes at once: may one of them be a control below 16 or a backslash? A false alarm costs
// time only, a miss is impossible. (x - n) & ~x has a high bit where a byte of x is below n <= 128.
bool may_need_escape(const char* bytes) {
    std::uint64_t x = 0;
    std::memcpy(&x, bytes, sizeof x);
    const std::uint64_t controls = (x - k_ones * 16) & ~x;
    const std::uint64_t slashes = x ^ (k_ones * '\\');
    return ((controls | ((slashes - k_ones) & ~slashes)) & k_highs) != 0;
}

char escape_letter(char c) {
    switch (c) {
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\\':
        return '\\';
    default:
        return '\0';
    }
}

void escape_slowly(std::string& line, std::string_view text) {
    for (const char c : text) {
        if (const char letter = escape_letter(c); letter != '\0') {
            line += '\\';
            line += letter;
        } else {
            line += c;
        }
    }
}

char unescaped(char c) {
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'v':
        return '\v';
    default:
        return c;
    }
}

// The server writes no octal or hexadecimal escapes, so none are read.
std::size_t unescape_in_place(char* begin, std::size_t size) {
    char* out = begin;
    for (const char* p = begin; p != begin + size; ++p)
        *out++ = *p == '\\' && p + 1 != begin + size ? unescaped(*++p) : *p;
    return static_cast<std::size_t>(out - begin);
}

} // namespace

void append_copy_escaped(std::string& line, std::string_view text) {
    std::size_t at = 0;
    while (at + 8 <= text.size() && !may_need_escape(text.data() + at))
        at += 8;
    if (at + 8 > text.size())
        while (at < text.size() && escape_letter(text[at]) == '\0')
            ++at;
    line.append(text.data(), at);
    if (at < text.size())
        escape_slowly(line, text.substr(at));
}

void split_copy_row(std::span<char> row, std::vector<CopyOut::Field>& fields) {
    fields.clear();
    char* at = row.data();
    char* const end = at + row.size();
    const bool escapes = std::memchr(at, '\\', row.size()) != nullptr;
    while (true) {
        auto* tab = static_cast<char*>(std::memchr(at, '\t', static_cast<std::size_t>(end - at)));
        char* const stop = tab != nullptr ? tab : end;
        auto size = static_cast<std::size_t>(stop - at);
        const bool null = size == 2 && at[0] == '\\' && at[1] == 'N';
        if (escapes && !null && std::memchr(at, '\\', size) != nullptr)
            size = unescape_in_place(at, size);
        fields.push_back({null ? std::string_view() : std::string_view(at, size), null});
        if (tab == nullptr)
            return;
        at = tab + 1;
    }
}

} // namespace harmonia::db

#include "core/base/uuid.hpp"

#include "core/base/error.hpp"
#include "core/base/hash.hpp"

#include <sys/random.h>

#include <algorithm>

namespace harmonia {
namespace {

constexpr std::size_t k_text_size = 36;

bool dash_at(std::size_t at) {
    return at == 8 || at == 13 || at == 18 || at == 23;
}

int digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    const char low = static_cast<char>(c | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

void stamp(Uuid& uuid, unsigned version) {
    uuid[6] = static_cast<std::uint8_t>((uuid[6] & 0x0FU) | (version << 4U));
    uuid[8] = static_cast<std::uint8_t>((uuid[8] & 0x3FU) | 0x80U);
}

} // namespace

std::optional<Uuid> parse_uuid(std::string_view text) {
    if (text.size() != k_text_size)
        return std::nullopt;
    Uuid out{};
    std::size_t digits = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (dash_at(at)) {
            if (text[at] != '-')
                return std::nullopt;
            continue;
        }
        const int value = digit(text[at]);
        if (value < 0)
            return std::nullopt;
        auto& byte = out[digits / 2];
        byte = static_cast<std::uint8_t>((byte << 4U) | static_cast<unsigned>(value));
        ++digits;
    }
    return out;
}

std::string print_uuid(const Uuid& uuid) {
    const std::string digits = hex({reinterpret_cast<const char*>(uuid.data()), uuid.size()});
    return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" +
           digits.substr(16, 4) + "-" + digits.substr(20);
}

Uuid uuid_v5(const Uuid& name_space, std::string_view name) {
    std::string bytes(reinterpret_cast<const char*>(name_space.data()), name_space.size());
    bytes += name;
    const std::string digest = sha1_hex(bytes);
    Uuid out{};
    for (std::size_t i = 0; i < out.size(); ++i)
        out[i] = static_cast<std::uint8_t>(digit(digest[2 * i]) * 16 + digit(digest[2 * i + 1]));
    stamp(out, 5);
    return out;
}

Uuid uuid_v7(std::int64_t now_us) {
    Uuid out{};
    if (::getrandom(out.data(), out.size(), 0) != static_cast<ssize_t>(out.size()))
        throw Error(Exit::failure, "the system provides no random bytes");
    const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now_us / 1000));
    for (unsigned i = 0; i < 6; ++i)
        out[i] = static_cast<std::uint8_t>(ms >> (8U * (5U - i)));
    stamp(out, 7);
    return out;
}

} // namespace harmonia

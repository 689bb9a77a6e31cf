// Digests, through OpenSSL's EVP interface. All text results are lower-case hexadecimal.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace harmonia {

using Sha256Digest = std::array<std::uint8_t, 32>;

using Md5Digest = std::array<std::uint8_t, 16>;

[[nodiscard]] std::string hex(std::string_view bytes);
/// The inverse, for the output of hex() or the server: digits are not checked.
[[nodiscard]] std::string unhex(std::string_view digits);
/// For protocols that require it; not for security.
[[nodiscard]] Md5Digest md5(std::string_view bytes);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] std::string sha1_hex(std::string_view bytes);
[[nodiscard]] Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);

/// Streaming SHA-256. One thread at a time; reusable after finish().
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    void update(std::string_view bytes);
    [[nodiscard]] Sha256Digest finish();
    [[nodiscard]] std::string finish_hex();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia

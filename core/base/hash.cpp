#include "core/base/hash.hpp"

#include "core/base/check.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace harmonia {
namespace {

std::string digest_hex(const EVP_MD* kind, std::string_view bytes) {
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HARMONIA_CHECK(EVP_Digest(bytes.data(), bytes.size(), out, &size, kind, nullptr) == 1);
    return hex({reinterpret_cast<const char*>(out), size});
}

// EVP_sha256() looks the method up at each use; a fetched one does not.
const EVP_MD* sha256_method() {
    static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    HARMONIA_CHECK(method != nullptr);
    return method;
}

const EVP_MD* md5_method() {
    static EVP_MD* const method = EVP_MD_fetch(nullptr, "MD5", nullptr);
    HARMONIA_CHECK(method != nullptr);
    return method;
}

} // namespace

Md5Digest md5(std::string_view bytes) {
    Md5Digest out{};
    HARMONIA_CHECK(
        EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, md5_method(), nullptr) == 1);
    return out;
}

std::string hex(std::string_view bytes) {
    static constexpr char k_digits[] = "0123456789abcdef";
    std::string out(bytes.size() * 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        out[2 * i] = k_digits[byte >> 4];
        out[2 * i + 1] = k_digits[byte & 15];
    }
    return out;
}

std::string unhex(std::string_view digits) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string out;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        out += static_cast<char>(digit(digits[i]) * 16 + digit(digits[i + 1]));
    return out;
}

std::string sha256_hex(std::string_view bytes) {
    return digest_hex(sha256_method(), bytes);
}
std::string sha1_hex(std::string_view bytes) {
    return digest_hex(EVP_sha1(), bytes);
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view bytes) {
    Sha256Digest out{};
    unsigned int size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    HARMONIA_CHECK(HMAC(sha256_method(), key.data(), static_cast<int>(key.size()), data,
                        bytes.size(), out.data(), &size) != nullptr);
    return out;
}

std::string hmac_sha256_hex(std::string_view key, std::string_view bytes) {
    const Sha256Digest digest = hmac_sha256(key, bytes);
    return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
    void start() { HARMONIA_CHECK(EVP_DigestInit_ex(context, sha256_method(), nullptr) == 1); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    state_->start();
}
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    HARMONIA_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

Sha256Digest Sha256::finish() {
    Sha256Digest out{};
    HARMONIA_CHECK(EVP_DigestFinal_ex(state_->context, out.data(), nullptr) == 1);
    state_->start();
    return out;
}

std::string Sha256::finish_hex() {
    const Sha256Digest digest = finish();
    return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

} // namespace harmonia

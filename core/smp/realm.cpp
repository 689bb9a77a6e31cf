#include "core/smp/realm.hpp"

#include "core/base/hash.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace harmonia::smp {

namespace {

constexpr int k_key_bits = 24; ///< of the sharding key in a routing key

std::array<char, 8> big_endian(std::int64_t id) {
    std::array<char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(static_cast<std::uint64_t>(id) >> (56 - 8 * i));
    return bytes;
}

} // namespace

std::uint32_t sharding_key(const AccountKey& account) {
    std::array<char, 16> bytes;
    const auto debtor = big_endian(account.debtor_id);
    const auto creditor = big_endian(account.creditor_id);
    std::copy(debtor.begin(), debtor.end(), bytes.begin());
    std::copy(creditor.begin(), creditor.end(), bytes.begin() + 8);
    const Md5Digest digest = md5({bytes.data(), bytes.size()});
    return std::uint32_t{digest[0]} << 24U | std::uint32_t{digest[1]} << 16U |
           std::uint32_t{digest[2]} << 8U | std::uint32_t{digest[3]};
}

Expected<Realm> Realm::parse(std::string_view text) {
    Realm realm;
    int bits = 0;
    std::string_view rest = text;
    for (; rest.size() >= 2 && (rest[0] == '0' || rest[0] == '1') && rest[1] == '.';
         rest.remove_prefix(2)) {
        if (bits == k_realm_bits_max)
            return bad("bad_realm", {}, "more than 20 bits");
        const std::uint32_t bit = 0x80000000U >> bits++;
        realm.mask_ |= bit;
        realm.prefix_ |= rest[0] == '1' ? bit : 0;
    }
    if (rest != "#")
        return bad("bad_realm", {}, "not a sequence of '0.' and '1.' followed by '#'");
    return realm;
}

bool Realm::owns(const AccountKey& account) const {
    return mask_ == 0 || (sharding_key(account) & mask_) == prefix_;
}

Realm Realm::parent() const {
    Realm realm;
    realm.mask_ = mask_ << 1U;
    realm.prefix_ = prefix_ & realm.mask_;
    return realm;
}

std::string Realm::text() const {
    std::string out;
    for (std::uint32_t bit = 0x80000000U; (mask_ & bit) != 0; bit >>= 1U)
        out += (prefix_ & bit) != 0 ? "1." : "0.";
    return out + '#';
}

void append_hex_key(std::string& out, std::int64_t id) {
    const auto bytes = big_endian(id);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        static constexpr char k_digits[] = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (i > 0)
            out += '.';
        out += k_digits[byte >> 4U];
        out += k_digits[byte & 15U];
    }
}

std::string hex_key(std::int64_t id) {
    std::string out;
    append_hex_key(out, id);
    return out;
}

void append_binary_key(std::string& out, const AccountKey& account) {
    const std::uint32_t key = sharding_key(account);
    for (int i = 0; i < k_key_bits; ++i) {
        if (i > 0)
            out += '.';
        out += (key >> (31 - i) & 1U) != 0 ? '1' : '0';
    }
}

std::string binary_key(const AccountKey& account) {
    std::string out;
    append_binary_key(out, account);
    return out;
}

std::string account_id(std::int64_t creditor_id) {
    return std::to_string(static_cast<std::uint64_t>(creditor_id));
}

std::optional<std::int64_t> parse_account_id(std::string_view text) {
    std::uint64_t id = 0;
    const char* end = text.data() + text.size();
    const auto [last, failure] = std::from_chars(text.data(), end, id);
    if (failure != std::errc() || last != end || (text.size() > 1 && text.front() == '0'))
        return std::nullopt;
    return static_cast<std::int64_t>(id);
}

bool same_agent(std::int64_t one, std::int64_t other) {
    const std::uint64_t agent = static_cast<std::uint64_t>(one) >> 40U;
    return agent != 0 && agent == static_cast<std::uint64_t>(other) >> 40U;
}

std::int32_t next_seq(std::int32_t seqnum) {
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(seqnum) + 1U);
}

bool later_seq(std::int32_t one, std::int32_t other) {
    const std::uint32_t ahead = static_cast<std::uint32_t>(one) - static_cast<std::uint32_t>(other);
    return ahead > 0 && ahead < 0x80000000U;
}

} // namespace harmonia::smp

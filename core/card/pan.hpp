// Card numbers (PANs): read, checked, described, and never kept.
//
// A Pan lives in a stack frame or a parser's buffer and is wiped by its destructor. What may be
// kept of a card: a keyed hash (card_key.hpp), its first min(6, length - 9) digits, its last four,
// its length, its brand, and whether its check digit is right (PCI DSS 3.4.1, 3.5.1).
#pragma once

#include "core/base/digit_runs.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace harmonia::card {

/// Overwrites memory in a way that no optimiser removes.
void wipe(char* bytes, std::size_t size);

/// The digits of a card number, at most 19. Not copyable, so that no copy escapes wiping.
class Pan {
public:
    Pan() = default;
    ~Pan() { clear(); }
    Pan(const Pan&) = delete;
    Pan& operator=(const Pan&) = delete;
    /// Takes `text` without its blanks and hyphens. False when that is not 12 to 19 digits; then it
    /// stays empty.
    [[nodiscard]] bool read(std::string_view text);
    [[nodiscard]] std::string_view digits() const { return {digits_.data(), size_}; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    void clear();

private:
    std::array<char, k_card_digits_max> digits_{};
    std::size_t size_ = 0;
};

/// Whether the leading digits may be a payment card's: 2 to 6, or RuPay's 81 and 82, or one of
/// `private_ranges` (prefixes of digits).
[[nodiscard]] bool iin_holds(std::string_view digits, std::span<const std::string> private_ranges);

/// amex, diners, jcb, mastercard, discover, rupay, unionpay, visa, maestro, or other: the first
/// that fits, in this order.
[[nodiscard]] const char* brand_of(std::string_view digits);

/// The leading digits that may be shown, so that at least five stay hidden: 16 and 15 → 6, 14 → 5,
/// 13 → 4, 12 → 3.
[[nodiscard]] std::string_view first_n(std::string_view digits);
[[nodiscard]] std::string_view last4(std::string_view digits);
/// `411111******1111`.
[[nodiscard]] std::string masked(std::string_view digits);

} // namespace harmonia::card

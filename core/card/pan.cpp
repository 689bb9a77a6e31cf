#include "core/card/pan.hpp"

#include <algorithm>

namespace harmonia::card {
namespace {

constexpr std::size_t k_hidden_and_last = 9, k_first_max = 6, k_last = 4;

/// Leading digits from `low` to `high`, both of the same length.
struct Range {
    const char* brand;
    int low, high, length;
};
constexpr Range k_ranges[] = {
    {"amex", 34, 34, 2},       {"amex", 37, 37, 2},           {"diners", 300, 305, 3},
    {"diners", 36, 36, 2},     {"diners", 38, 39, 2},         {"jcb", 3528, 3589, 4},
    {"mastercard", 51, 55, 2}, {"mastercard", 2221, 2720, 4}, {"discover", 6011, 6011, 4},
    {"discover", 644, 649, 3}, {"discover", 65, 65, 2},       {"rupay", 508, 508, 3},
    {"rupay", 60, 60, 2},      {"rupay", 81, 82, 2},          {"unionpay", 62, 62, 2},
    {"visa", 4, 4, 1},         {"maestro", 50, 50, 2},        {"maestro", 56, 69, 2},
};

int leading(std::string_view digits, int length) {
    int value = 0;
    for (int i = 0; i < length; ++i)
        value = value * 10 + (digits[static_cast<std::size_t>(i)] - '0');
    return value;
}

} // namespace

void wipe(char* bytes, std::size_t size) {
    std::fill_n(static_cast<volatile char*>(bytes), size, '\0');
}

bool Pan::read(std::string_view text) {
    clear();
    for (const char c : text) {
        if (c == ' ' || c == '-')
            continue;
        if (c < '0' || c > '9' || size_ == digits_.size()) {
            clear();
            return false;
        }
        digits_[size_++] = c;
    }
    if (size_ < k_card_digits_min)
        clear();
    return size_ > 0;
}

void Pan::clear() {
    wipe(digits_.data(), digits_.size());
    size_ = 0;
}

bool iin_holds(std::string_view digits, std::span<const std::string> private_ranges) {
    if ((digits.front() >= '2' && digits.front() <= '6') || digits.starts_with("81") ||
        digits.starts_with("82"))
        return true;
    return std::any_of(private_ranges.begin(), private_ranges.end(),
                       [&](const std::string& range) { return digits.starts_with(range); });
}

const char* brand_of(std::string_view digits) {
    for (const Range& range : k_ranges) {
        const int value = leading(digits, range.length);
        if (value >= range.low && value <= range.high)
            return range.brand;
    }
    return "other";
}

std::string_view first_n(std::string_view digits) {
    return digits.substr(0, std::min(k_first_max, digits.size() - k_hidden_and_last));
}

std::string_view last4(std::string_view digits) {
    return digits.substr(digits.size() - k_last);
}

std::string masked(std::string_view digits) {
    const std::string_view first = first_n(digits);
    std::string out(first);
    out.append(digits.size() - first.size() - k_last, '*').append(last4(digits));
    return out;
}

} // namespace harmonia::card

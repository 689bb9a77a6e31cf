#include "jobs/screen/facts/rational.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

namespace harmonia::screen {

namespace {

UInt128 magnitude(Int128 value) {
    return value < 0 ? UInt128{0} - static_cast<UInt128>(value) : static_cast<UInt128>(value);
}

// An unsigned number of 768 bits, lowest limb first: the squares that sign() compares.
class Wide {
public:
    Wide() = default;
    explicit Wide(UInt128 value)
        : limbs_{static_cast<std::uint64_t>(value), static_cast<std::uint64_t>(value >> 64U)} {
        used_ = value >> 64U ? 2 : value ? 1 : 0;
    }
    [[nodiscard]] bool fits() const { return fits_; }
    friend Wide operator*(const Wide& a, const Wide& b) {
        Wide product;
        product.fits_ = a.fits_ && b.fits_ && a.used_ + b.used_ <= k_limbs;
        if (!product.fits_)
            return product;
        for (std::size_t i = 0; i < a.used_; ++i) {
            std::uint64_t carry = 0;
            for (std::size_t j = 0; j < b.used_; ++j) {
                const UInt128 sum =
                    UInt128{a.limbs_[i]} * b.limbs_[j] + product.limbs_[i + j] + carry;
                product.limbs_[i + j] = static_cast<std::uint64_t>(sum);
                carry = static_cast<std::uint64_t>(sum >> 64U);
            }
            product.limbs_[i + b.used_] = carry;
        }
        product.used_ = a.used_ + b.used_;
        product.trim();
        return product;
    }
    /// a − b; a ≥ b.
    friend Wide operator-(const Wide& a, const Wide& b) {
        Wide rest;
        rest.fits_ = a.fits_ && b.fits_;
        std::uint64_t borrow = 0;
        for (std::size_t i = 0; i < k_limbs; ++i) {
            const UInt128 take = UInt128{b.limbs_[i]} + borrow;
            borrow = a.limbs_[i] < take ? 1 : 0;
            rest.limbs_[i] = static_cast<std::uint64_t>(a.limbs_[i] - take);
        }
        rest.used_ = k_limbs;
        rest.trim();
        return rest;
    }
    friend std::strong_ordering operator<=>(const Wide& a, const Wide& b) {
        if (a.used_ != b.used_)
            return a.used_ <=> b.used_;
        for (std::size_t i = a.used_; i-- > 0;)
            if (a.limbs_[i] != b.limbs_[i])
                return a.limbs_[i] <=> b.limbs_[i];
        return std::strong_ordering::equal;
    }

private:
    static constexpr std::size_t k_limbs = 12;
    void trim() {
        while (used_ > 0 && limbs_[used_ - 1] == 0)
            --used_;
    }
    std::array<std::uint64_t, k_limbs> limbs_{};
    std::size_t used_ = 0;
    bool fits_ = true;
};

int sign_of(Int128 value) {
    return value > 0 ? 1 : value < 0 ? -1 : 0;
}

std::strong_ordering reversed(std::strong_ordering order) {
    return 0 <=> order;
}

std::optional<Rational> normalized(Int128 num, Int128 den) {
    if (den == 0) {
        if (num == 0)
            return std::nullopt;
        return Rational{sign_of(num), 0};
    }
    if (den < 0)
        return normalized(-num, -den);
    return Rational{num, den};
}

std::optional<Rational> added(const Rational& a, const Rational& b, bool minus) {
    Int128 left = 0;
    Int128 right = 0;
    Int128 den = a.den;
    if (a.den == b.den && a.den != 0) {
        left = a.num;
        right = b.num;
    } else if (__builtin_mul_overflow(a.num, b.den, &left) ||
               __builtin_mul_overflow(b.num, a.den, &right) ||
               __builtin_mul_overflow(a.den, b.den, &den)) {
        return std::nullopt;
    }
    if (a.den == 0 && b.den == 0)
        return sign_of(a.num) == (minus ? -1 : 1) * sign_of(b.num) ? std::optional(a)
                                                                   : std::nullopt;
    Int128 num = 0;
    if (minus ? __builtin_sub_overflow(left, right, &num)
              : __builtin_add_overflow(left, right, &num))
        return std::nullopt;
    return normalized(num, den);
}

} // namespace

std::optional<Rational> add(const Rational& a, const Rational& b) {
    return added(a, b, false);
}
std::optional<Rational> subtract(const Rational& a, const Rational& b) {
    return added(a, b, true);
}

std::optional<Rational> multiply(const Rational& a, const Rational& b) {
    Int128 num = 0;
    Int128 den = 0;
    if (__builtin_mul_overflow(a.num, b.num, &num) || __builtin_mul_overflow(a.den, b.den, &den))
        return std::nullopt;
    return normalized(num, den);
}

std::optional<Rational> divide(const Rational& a, const Rational& b) {
    if (b.den != 0 && b.num == 0)
        return std::nullopt;
    Int128 num = 0;
    Int128 den = 0;
    if (__builtin_mul_overflow(a.num, b.den, &num) || __builtin_mul_overflow(a.den, b.num, &den))
        return std::nullopt;
    if (a.den == 0)
        return b.den == 0 ? std::nullopt : normalized(sign_of(a.num) * sign_of(b.num), 0);
    return normalized(num, den);
}

Rational negate(const Rational& a) {
    return {-a.num, a.den};
}

std::strong_ordering compare(const Rational& a, const Rational& b) {
    if (a.den == b.den)
        return a.den == 0 ? sign_of(a.num) <=> sign_of(b.num) : a.num <=> b.num;
    Int128 left = 0;
    Int128 right = 0;
    if (!__builtin_mul_overflow(a.num, b.den, &left) &&
        !__builtin_mul_overflow(b.num, a.den, &right))
        return left <=> right;
    const int sign_a = sign_of(a.num);
    const int sign_b = sign_of(b.num);
    if (sign_a != sign_b)
        return sign_a <=> sign_b;
    const auto order = Wide(magnitude(a.num)) * Wide(magnitude(b.den)) <=>
                       Wide(magnitude(b.num)) * Wide(magnitude(a.den));
    return sign_a < 0 ? reversed(order) : order;
}

// a + k·σ with a = an/ad, k = kn/kd, σ² = v/n², v = n·squares − sum². Where both terms pull in
// different directions, (an·kd·n)² is compared with (kn·ad)²·v.
std::optional<std::strong_ordering> sign(const Rational& a, const Rational& k,
                                         const Spread& spread) {
    if (a.den == 0 || k.den == 0 || spread.n == 0)
        return std::nullopt;
    const Wide n{UInt128{spread.n}};
    const Wide sum(magnitude(spread.sum));
    const Wide variance = n * Wide(magnitude(spread.squares)) - sum * sum; // ≥ 0 (Cauchy, Schwarz)
    const int sign_a = sign_of(a.num);
    const int sign_k = variance <=> Wide() == std::strong_ordering::equal ? 0 : sign_of(k.num);
    if (sign_a == 0 || sign_k == 0 || sign_a == sign_k)
        return (sign_a + sign_k) <=> 0;
    const Wide left = Wide(magnitude(a.num)) * Wide(magnitude(k.den)) * n;
    const Wide right = Wide(magnitude(k.num)) * Wide(magnitude(a.den));
    const Wide a_squared = left * left;
    const Wide k_squared = right * right * variance;
    if (!a_squared.fits() || !k_squared.fits())
        return std::nullopt;
    const auto order = a_squared <=> k_squared;
    return sign_a > 0 ? order : reversed(order);
}

std::optional<std::int64_t> convert(std::int64_t amount_minor, std::int64_t coefficient, int scale,
                                    int shift) {
    constexpr Int128 limit = k_base_amount_max;
    Int128 num = Int128{amount_minor} * coefficient; // below 2^126
    Int128 den = 1;
    for (int i = scale - shift; i > 0; --i)
        if (__builtin_mul_overflow(den, Int128{10}, &den))
            return std::nullopt;
    for (int i = shift - scale; i > 0; --i)
        if (__builtin_mul_overflow(num, Int128{10}, &num))
            return std::nullopt;
    Int128 whole = num / den;
    const Int128 rest = num % den;
    if (rest > den - rest || (rest == den - rest && whole % 2 != 0))
        ++whole;
    return whole > limit ? std::nullopt : std::optional(static_cast<std::int64_t>(whole));
}

std::int64_t distance_m(std::int32_t lat1, std::int32_t lon1, std::int32_t lat2,
                        std::int32_t lon2) {
    constexpr long double radius = 6'371'008.8L;
    constexpr long double radian = std::numbers::pi_v<long double> / 180.0L / 1e6L;
    const auto half_sine = [](std::int64_t micro_degrees) {
        return std::sin(static_cast<long double>(micro_degrees) * radian / 2.0L);
    };
    const long double lat = half_sine(std::int64_t{lat2} - lat1);
    const long double lon = half_sine(std::int64_t{lon2} - lon1);
    const long double a = lat * lat + std::cos(static_cast<long double>(lat1) * radian) *
                                          std::cos(static_cast<long double>(lat2) * radian) * lon *
                                          lon;
    return std::llround(2.0L * radius * std::asin(std::min(1.0L, std::sqrt(a))));
}

std::string print(Int128 integer) {
    std::string digits;
    for (UInt128 rest = magnitude(integer); rest > 0 || digits.empty(); rest /= 10)
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    return integer < 0 ? "-" + digits : digits;
}

std::string print(const Rational& number, int decimals) {
    if (number.den == 0)
        return number.num < 0 ? "-∞" : "∞";
    const UInt128 den = magnitude(number.den);
    const UInt128 num = magnitude(number.num);
    std::string text = print(static_cast<Int128>(num / den));
    UInt128 rest = num % den;
    std::string fraction;
    for (int i = 0; i < decimals && rest < (~UInt128{0}) / 10; ++i) {
        rest *= 10;
        fraction += static_cast<char>('0' + static_cast<int>(rest / den));
        rest %= den;
    }
    const bool odd = ((fraction.empty() ? text.back() : fraction.back()) - '0') % 2 != 0;
    if (rest > den - rest || (rest == den - rest && odd)) { // one more in the last place
        std::string all = text + fraction;
        std::size_t at = all.size();
        while (at > 0 && all[at - 1] == '9')
            all[--at] = '0';
        if (at == 0)
            all.insert(all.begin(), '1');
        else
            ++all[at - 1];
        text = all.substr(0, all.size() - fraction.size());
        fraction = all.substr(all.size() - fraction.size());
    }
    const bool zero = (text + fraction).find_first_not_of('0') == std::string::npos;
    return (number.num < 0 && !zero ? "-" : "") + text + (fraction.empty() ? "" : "." + fraction);
}

} // namespace harmonia::screen

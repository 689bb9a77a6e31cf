// Compact columns in memory: numbers in as many bytes as the largest distance from `least` needs (a
// million codes below 65,536 take 2 MB; reading is one unaligned load and a mask), strings one
// after the other. Not thread-safe while they are written.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia {

class Packed {
public:
    /// Numbers below `least` are possible, but then each takes 8 bytes.
    explicit Packed(std::int64_t least = 0) : least_(static_cast<std::uint64_t>(least)) {}

    /// The numbers made(0) … made(count - 1), with the smallest as `least`. Calls made twice for
    /// each.
    template <typename Made>
    [[nodiscard]] static Packed of(std::size_t count, Made&& made);
    template <typename Number>
    [[nodiscard]] static Packed of(const std::vector<Number>& numbers) {
        return of(
            numbers.size(), [&](std::size_t at) { return static_cast<std::int64_t>(numbers[at]); });
    }

    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] bool empty() const { return size_ == 0; }
    /// Of memory for the numbers.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_.size(); }

    [[nodiscard]] std::int64_t operator[](std::size_t at) const {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes_.data() + at * width_, sizeof word);
        return static_cast<std::int64_t>((word & mask_) + least_);
    }

    void push_back(std::int64_t number) {
        const std::uint64_t above = static_cast<std::uint64_t>(number) - least_;
        if ((above & ~mask_) != 0)
            widen(above);
        bytes_.resize((size_ + 1) * width_ + k_padding);
        put(size_++, above);
    }

private:
    static constexpr std::size_t k_padding = sizeof(std::uint64_t); ///< a load may reach beyond
    static_assert(std::endian::native == std::endian::little);

    static unsigned width_of(std::uint64_t above) {
        return std::max(1U, (static_cast<unsigned>(std::bit_width(above)) + 7U) / 8U);
    }
    void set_width(unsigned width) {
        width_ = width;
        mask_ = width == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * width)) - 1;
    }
    // Call it in order: it clears the following bytes, which belong to the next numbers.
    void put(std::size_t at, std::uint64_t above) {
        std::memcpy(bytes_.data() + at * width_, &above, sizeof above);
    }
    void widen(std::uint64_t above) {
        const Packed narrow = std::move(*this);
        least_ = narrow.least_;
        size_ = narrow.size_;
        set_width(width_of(above));
        bytes_.resize(size_ * width_ + k_padding);
        for (std::size_t at = 0; at < size_; ++at)
            put(at, static_cast<std::uint64_t>(narrow[at]) - least_);
    }

    std::uint64_t least_;
    std::uint64_t mask_ = 0xFF;
    unsigned width_ = 1;
    std::size_t size_ = 0;
    std::vector<std::uint8_t> bytes_;
};

template <typename Made>
Packed Packed::of(std::size_t count, Made&& made) {
    std::int64_t least = count == 0 ? 0 : made(0);
    std::int64_t most = least;
    for (std::size_t at = 1; at < count; ++at) {
        const std::int64_t number = made(at);
        least = std::min(least, number);
        most = std::max(most, number);
    }
    Packed out(least);
    out.set_width(width_of(static_cast<std::uint64_t>(most) - out.least_));
    out.size_ = count;
    out.bytes_.resize(count * out.width_ + k_padding);
    for (std::size_t at = 0; at < count; ++at)
        out.put(at, static_cast<std::uint64_t>(made(at)) - out.least_);
    return out;
}

class PackedTexts {
public:
    [[nodiscard]] std::size_t size() const { return ends_.size() - 1; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_.capacity() + ends_.bytes(); }
    /// Valid until the next push_back.
    [[nodiscard]] std::string_view operator[](std::size_t at) const {
        const auto begin = static_cast<std::size_t>(ends_[at]);
        return {bytes_.data() + begin, static_cast<std::size_t>(ends_[at + 1]) - begin};
    }
    void push_back(std::string_view text) {
        bytes_ += text;
        ends_.push_back(static_cast<std::int64_t>(bytes_.size()));
    }

private:
    std::string bytes_;
    Packed ends_ = Packed::of(1, [](std::size_t) { return 0; });
};

} // namespace harmonia

// A small random generator whose numbers are the same on every machine and with every library.
//
// A stream is named by (seed, name of the stream, index), so that any record can be made from its
// number alone: files of any size need no memory, and two files of one seed speak of the same
// purchases.
#pragma once

#include <cstdint>
#include <string_view>

namespace harmonia::gen {

/// Scrambles 64 bits so that neighbouring inputs give unrelated outputs (the SplitMix64 finaliser).
constexpr std::uint64_t scramble(std::uint64_t x) {
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9ULL;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// A stream's number from its name (FNV-1a), at compile time for literals.
constexpr std::uint64_t stream_of(std::string_view name) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : name)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

class Rng {
public:
    constexpr Rng(std::uint64_t seed, std::uint64_t stream, std::uint64_t index)
        : state_(scramble(scramble(seed + stream) + index)) {}

    constexpr std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15ULL;
        return scramble(state_);
    }
    /// 0 ≤ result < `limit`; `limit` > 0. The bias (under limit / 2⁶⁴) does not matter for test
    /// data.
    constexpr std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    constexpr bool chance(double rate) {
        return static_cast<double>(next() >> 11) * 0x1.0p-53 < rate;
    }

private:
    std::uint64_t state_;
};

} // namespace harmonia::gen

// Compact columns hold what was added.
#include "core/base/packed.hpp"
#include "tests/gen/rng.hpp"
#include "tests/support/catch.hpp"

#include <limits>

using namespace harmonia;

namespace {

constexpr std::int64_t k_least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t k_most = std::numeric_limits<std::int64_t>::max();

std::vector<std::int64_t> random_numbers(gen::Rng& rng, std::size_t count) {
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < count; ++i) {
        const auto bits = static_cast<std::int64_t>(rng.below(std::uint64_t{1} << rng.below(63)));
        numbers.push_back(rng.below(2) == 0 ? bits : -bits);
    }
    return numbers;
}

void check(const Packed& packed, const std::vector<std::int64_t>& numbers) {
    REQUIRE(packed.size() == numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i)
        REQUIRE(packed[i] == numbers[i]);
}

} // namespace

TEST_CASE("a packed column holds what a vector holds, in any order of numbers") {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        gen::Rng rng(seed, gen::stream_of("packed"), 0);
        auto numbers = random_numbers(rng, rng.below(300));
        if (seed % 3 == 0)
            numbers.insert(numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2),
                           {k_least, k_most, 0, -1, k_most, k_least});
        Packed grown(seed % 2 == 0 ? 0 : k_least);
        for (const std::int64_t number : numbers)
            grown.push_back(number);
        check(grown, numbers);
        check(Packed::of(numbers), numbers);
    }
}

TEST_CASE("a packed column takes the bytes that its numbers need") {
    constexpr std::int64_t k_second_us = 1'000'000;
    const std::int64_t now = 1'800'000'000 * k_second_us;
    Packed codes;
    std::vector<std::int64_t> times;
    for (std::int64_t i = 0; i < 1000; ++i) {
        codes.push_back(i % 256);
        times.push_back(now + i * k_second_us);
    }
    CHECK(codes.bytes() <= 1000 + 8);
    CHECK(Packed::of(times).bytes() <= 4 * 1000 + 8); // below 2^32 from the first
    codes.push_back(256);
    CHECK(codes.bytes() <= 2 * 1001 + 8);
    CHECK(codes[255] == 255);
}

TEST_CASE("packed strings read back as they were added") {
    PackedTexts texts;
    CHECK(texts.size() == 0);
    for (const std::string& text : {std::string(), std::string("one"), std::string(),
                                    std::string(70'000, 'x'), std::string("last")})
        texts.push_back(text);
    REQUIRE(texts.size() == 5);
    CHECK(texts[0].empty());
    CHECK(texts[1] == "one");
    CHECK(texts[2].empty());
    CHECK(texts[3].size() == 70'000);
    CHECK(texts[4] == "last");
}

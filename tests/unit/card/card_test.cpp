#include "core/base/error.hpp"
#include "core/card/card_key.hpp"
#include "core/card/pan.hpp"
#include "core/card/redact.hpp"
#include "core/config/config.hpp"
#include "tests/support/catch.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace harmonia::card {
namespace {

std::string hex_of(const Sha256Digest& digest) {
    return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

/// The test key of the examples, bytes 00…1f, in a file of mode 0400.
class KeyFile {
public:
    explicit KeyFile(std::size_t bytes = 32, unsigned mode = 0400, char first = 0) {
        path_ = std::filesystem::temp_directory_path() /
                ("harmonia-key-" + std::to_string(::getpid()) + "-" + std::to_string(++number_));
        std::ofstream file(path_);
        for (std::size_t i = 0; i < bytes; ++i)
            file.put(static_cast<char>(first + static_cast<char>(i)));
        file.close();
        ::chmod(path_.c_str(), mode);
    }
    ~KeyFile() { std::filesystem::remove(path_); }
    [[nodiscard]] CardSettings settings() const { return {path_, "", 1, 0, {}}; }
    [[nodiscard]] std::string path() const { return path_; }

private:
    static inline int number_ = 0;
    std::filesystem::path path_;
};

Pan& read(Pan& pan, std::string_view text) {
    REQUIRE(pan.read(text));
    return pan;
}

} // namespace

TEST_CASE("O-2 a card number becomes a keyed hash, first six and last four") {
    const KeyFile file;
    const auto keys = CardKeys::open(file.settings());
    Pan pan;
    read(pan, "4111111111111111");
    CHECK(brand_of(pan.digits()) == std::string("visa"));
    CHECK(first_n(pan.digits()) == "411111");
    CHECK(last4(pan.digits()) == "1111");
    CHECK(luhn_holds(pan.digits()));
    const auto hash = keys->hash(pan.digits());
    CHECK(hash.key_id == 1);
    CHECK(hex_of(hash.hmac) == "0622241201382a45912fb22828b3f7db5153cf2072722a73ded22623ea79abc9");
    CHECK(card_label(hash.hmac) == "0622241201382a45");
    CHECK_FALSE(keys->previous_hash(pan.digits()));
}

TEST_CASE("O-3 blanks and hyphens do not make another card") {
    Pan a, b;
    CHECK(read(a, "4111 1111-1111 1111").digits() == read(b, "4111111111111111").digits());
}

TEST_CASE("O-4 at least five digits stay hidden, whatever the length") {
    const KeyFile file;
    const auto keys = CardKeys::open(file.settings());
    Pan pan;
    read(pan, "378282246310005");
    CHECK(brand_of(pan.digits()) == std::string("amex"));
    CHECK(first_n(pan.digits()) == "378282");
    CHECK(last4(pan.digits()) == "0005");
    CHECK(hex_of(keys->hash(pan.digits()).hmac).starts_with("800bccdcf62a4908"));
    CHECK(first_n(read(pan, "30569309025904").digits()) == "30569");
    CHECK(brand_of(pan.digits()) == std::string("diners"));
    CHECK(first_n(read(pan, "4222222222222").digits()) == "4222");
    CHECK(brand_of(pan.digits()) == std::string("visa"));
    CHECK(first_n(read(pan, "501800000009").digits()) == "501");
    CHECK(masked(read(pan, "1234567887654321").digits()) == "123456******4321");
}

TEST_CASE("numbers that are no card's") {
    Pan pan;
    CHECK_FALSE(pan.read("41111111111"));
    CHECK_FALSE(pan.read("41111111111111111111"));
    CHECK_FALSE(pan.read("4111x11111111111"));
    CHECK_FALSE(pan.read(""));
    CHECK(pan.empty());
    CHECK_FALSE(luhn_holds("1234567887654321")); // its sum leaves 2
    CHECK_FALSE(luhn_holds("4111111111111112"));
    CHECK(luhn_holds("0000000000000000"));
    CHECK_FALSE(iin_holds("0000000000000000", {}));
    CHECK_FALSE(iin_holds("8765432112345678", {}));
    CHECK(iin_holds("8112345678901234", {}));
    const std::vector<std::string> ranges{"8765"};
    CHECK(iin_holds("8765432112345678", ranges));
}

TEST_CASE("brands by the first range that fits") {
    for (const auto& [digits, brand] : {std::pair{"340000000000", "amex"},
                                        {"300000000000", "diners"},
                                        {"360000000000", "diners"},
                                        {"352800000000", "jcb"},
                                        {"358900000000", "jcb"},
                                        {"222100000000", "mastercard"},
                                        {"272000000000", "mastercard"},
                                        {"272100000000", "other"},
                                        {"601100000000", "discover"},
                                        {"644000000000", "discover"},
                                        {"650000000000", "discover"},
                                        {"508000000000", "rupay"},
                                        {"600000000000", "rupay"},
                                        {"810000000000", "rupay"},
                                        {"620000000000", "unionpay"},
                                        {"500000000000", "maestro"},
                                        {"690000000000", "maestro"},
                                        {"123456000000", "other"}}) {
        CAPTURE(digits);
        CHECK(brand_of(digits) == std::string(brand));
    }
}

TEST_CASE("a key file is 32 bytes that only its owner may read") {
    Pan pan;
    for (const unsigned mode : {0600U, 0440U, 0404U, 0700U}) {
        const KeyFile file(32, mode);
        CHECK_THROWS_AS(CardKeys::open(file.settings()), Error);
    }
    for (const std::size_t bytes : {0U, 31U, 33U}) {
        const KeyFile file(bytes);
        CHECK_THROWS_AS(CardKeys::open(file.settings()), Error);
    }
    CardSettings none;
    CHECK_THROWS_AS(CardKeys::open(none), Error);
    none.key_file = "/nowhere/at/all";
    try {
        (void)CardKeys::open(none);
        FAIL("it was opened");
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::config);
    }
}

TEST_CASE("while keys are rotated a card has both hashes") {
    const KeyFile now(32, 0400, 7), before;
    CardSettings settings = now.settings();
    settings.key_id = 2;
    settings.previous_key_file = before.path();
    settings.previous_key_id = 1;
    const auto keys = CardKeys::open(settings);
    CHECK(keys->hash("4111111111111111").key_id == 2);
    const auto previous = keys->previous_hash("4111111111111111");
    REQUIRE(previous);
    CHECK(previous->key_id == 1);
    CHECK(card_label(previous->hmac) == "0622241201382a45");
}

TEST_CASE("the redactor hides what passes Luhn's check and leaves ids alone") {
    CHECK(redact("card 4111111111111111 ok") == "card 411111******1111 ok");
    CHECK(redact("4111 1111-1111 1111.") == "411111******1111.");
    CHECK(redact("order 12 4111 1111 1111 1111 paid") == "order 12 411111******1111 paid");
    CHECK(redact("id 4111111111111112") == "id 4111111111111112");
    CHECK(redact("id 41111111111111112222222") == "id 41111111111111112222222");
    CHECK(redact("own 1234567887654321!", "1234567887654321") == "own 123456******4321!");
    CHECK(redact("own 1234-5678-8765-4321!", "1234567887654321") == "own 123456******4321!");
    CHECK(redact("") == "");
    CHECK(shows_card("x4111111111111111x"));
    CHECK_FALSE(shows_card("2026-11-21 10:00:00"));
}

} // namespace harmonia::card

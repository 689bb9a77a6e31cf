// The keys that card numbers are hashed with. They come from files only, never from the database,
// an argument or a variable (PCI DSS 3.5.1.1).
//
// Section `cards` of the configuration: card_key_file (32 bytes, readable only by its owner: mode
// 0400), card_key_id, card_key_previous_file, card_key_previous_id, private_ranges. While both keys
// are set a card has two hashes (screening.card_alias); that overlap must last as long as the
// longest window of any rule set, because without the number nothing can be hashed again.
#pragma once

#include "core/base/hash.hpp"
#include "core/config/value.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::card {

struct CardSettings {
    std::string key_file, previous_key_file; ///< empty: none
    int key_id = 1, previous_key_id = 0;
    std::vector<std::string> private_ranges; ///< further leading digits that are cards
};
/// Does not read the keys: most runs need none. Error(config) placed at the mistake.
[[nodiscard]] CardSettings read_card_settings(const config::Value& root);

/// HMAC-SHA-256 of the ASCII digits, untruncated.
struct CardHash {
    int key_id = 0;
    Sha256Digest hmac{};
};

/// Both keys, wiped by the destructor. Immutable, any thread.
class CardKeys {
public:
    /// Error(config) when no key file is set, or one cannot be read, does not have 32 bytes, or may
    /// be accessed by anybody but its owner (who may only read it).
    [[nodiscard]] static std::shared_ptr<const CardKeys> open(const CardSettings& settings);
    ~CardKeys();
    CardKeys(const CardKeys&) = delete;
    CardKeys& operator=(const CardKeys&) = delete;

    [[nodiscard]] CardHash hash(std::string_view digits) const;
    /// With the previous key, while one is set.
    [[nodiscard]] std::optional<CardHash> previous_hash(std::string_view digits) const;

private:
    CardKeys() = default;
    std::string key_, previous_;
    int key_id_ = 1, previous_id_ = 0;
};

/// How alerts, matching and people name a card: the first 16 hexadecimal digits of its hash.
[[nodiscard]] std::string card_label(const Sha256Digest& hmac);

} // namespace harmonia::card

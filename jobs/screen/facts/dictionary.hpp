// Texts as dense numbers from 1; 0 is "missing".
#pragma once

#include "core/base/packed.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace harmonia::screen {

class Dictionary {
public:
    Dictionary() { texts_.push_back({}); }
    [[nodiscard]] std::uint32_t code(std::string_view text);       ///< adds the text if it is new
    [[nodiscard]] std::uint32_t find(std::string_view text) const; ///< 0 when unknown
    [[nodiscard]] std::string_view text(std::uint32_t code) const { return texts_[code]; }
    /// One more than the largest code.
    [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(texts_.size()); }
    [[nodiscard]] std::uint64_t bytes() const { return texts_.bytes() + slots_.size() * 4; }

private:
    void grow();
    PackedTexts texts_;                ///< by code
    std::vector<std::uint32_t> slots_; ///< open addressing; 0 empty
    std::uint32_t last_ = 0;           ///< the code returned last: many columns rarely change
};

} // namespace harmonia::screen

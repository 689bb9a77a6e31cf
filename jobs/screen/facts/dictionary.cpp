#include "jobs/screen/facts/dictionary.hpp"

#include "jobs/screen/facts/rational.hpp"

#include <cstring>

namespace harmonia::screen {

namespace {

std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
    const auto product = static_cast<UInt128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

// Eight bytes at a time; the rest is read as a last word, which may overlap the one before it.
std::uint64_t hash_of(std::string_view text) {
    constexpr std::uint64_t k_odd = 0x9e3779b97f4a7c15ULL;
    const auto word = [](const char* from, std::size_t size) {
        std::uint64_t read = 0;
        std::memcpy(&read, from, size);
        return read;
    };
    std::uint64_t hash = text.size() * k_odd;
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left > 8; left -= 8, at += 8)
        hash = folded(hash ^ word(at, 8), k_odd);
    if (text.size() >= 8)
        return folded(hash ^ word(at + left - 8, 8), k_odd);
    if (left >= 4)
        return folded(hash ^ word(at, 4) ^ (word(at + left - 4, 4) << 32U), k_odd);
    for (; left > 0; --left)
        hash = hash << 8U ^ static_cast<unsigned char>(*at++);
    return folded(hash, k_odd);
}

} // namespace

std::uint32_t Dictionary::find(std::string_view text_) const {
    if (slots_.empty() || text_.empty())
        return 0;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash_of(text_) & mask;; at = (at + 1) & mask)
        if (slots_[at] == 0 || text(slots_[at]) == text_)
            return slots_[at];
}

std::uint32_t Dictionary::code(std::string_view text_) {
    if (text_.empty())
        return 0;
    if (text(last_) == text_)
        return last_;
    if (texts_.size() * 2 > slots_.size())
        grow();
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash_of(text_) & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask)
        if (text(slots_[at]) == text_)
            return last_ = slots_[at];
    texts_.push_back(text_);
    return last_ = slots_[at] = size() - 1;
}

void Dictionary::grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    const std::size_t mask = slots_.size() - 1;
    for (std::uint32_t code = 1; code < texts_.size(); ++code) {
        std::size_t at = hash_of(text(code)) & mask;
        while (slots_[at] != 0)
            at = (at + 1) & mask;
        slots_[at] = code;
    }
}

} // namespace harmonia::screen

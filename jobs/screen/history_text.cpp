#include "jobs/screen/history.hpp"

#include <array>

namespace harmonia::screen {

namespace {

constexpr std::array<const char*, k_fields> k_names = {"card",
                                                       "customer",
                                                       "merchant",
                                                       "terminal",
                                                       "ip",
                                                       "device",
                                                       "email_hash",
                                                       "mcc",
                                                       "card_country",
                                                       "ip_country",
                                                       "merchant_country",
                                                       "ship_country",
                                                       "kind",
                                                       "method",
                                                       "method_type",
                                                       "channel",
                                                       "currency",
                                                       "source",
                                                       "feed_type",
                                                       "bin6",
                                                       "amount",
                                                       "event_time",
                                                       "lat",
                                                       "lon",
                                                       "merchant_lat",
                                                       "merchant_lon"};

// FNV-1a with the high bits mixed down: texts are short.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : text)
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash ^ (hash >> 32U);
}

} // namespace

const char* field_name(Field field) {
    return k_names[static_cast<std::size_t>(field)];
}

std::optional<Field> field_named(std::string_view name) {
    for (std::size_t i = 0; i < k_fields; ++i)
        if (k_names[i] == name)
            return static_cast<Field>(i);
    return std::nullopt;
}

const char* outcome_name(Outcome outcome) {
    constexpr std::array<const char*, 4> names = {"none", "approved", "review", "declined"};
    return names[static_cast<std::size_t>(outcome)];
}

std::string_view Dictionary::text(std::uint32_t code) const {
    if (code == 0)
        return {};
    const std::uint64_t begin = ends_[code - 1];
    return std::string_view(bytes_).substr(begin, ends_[code] - begin);
}

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
    if (ends_.size() * 2 > slots_.size())
        grow();
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash_of(text_) & mask;
    for (; slots_[at] != 0; at = (at + 1) & mask)
        if (text(slots_[at]) == text_)
            return slots_[at];
    bytes_.append(text_);
    ends_.push_back(bytes_.size());
    return slots_[at] = size() - 1;
}

void Dictionary::grow() {
    slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
    const std::size_t mask = slots_.size() - 1;
    for (std::uint32_t code = 1; code < ends_.size(); ++code) {
        std::size_t at = hash_of(text(code)) & mask;
        while (slots_[at] != 0)
            at = (at + 1) & mask;
        slots_[at] = code;
    }
}

} // namespace harmonia::screen

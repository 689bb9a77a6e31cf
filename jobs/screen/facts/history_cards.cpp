// Cards of a History: their codes, aliases, masked numbers and first digits.
#include "core/base/error.hpp"
#include "jobs/screen/facts/history.hpp"

#include <algorithm>
#include <cstring>

namespace harmonia::screen {

namespace {

constexpr auto k_card = static_cast<std::size_t>(Field::card);
constexpr auto k_bin = static_cast<std::size_t>(Field::bin6);

std::string masked(const Card& card) {
    if (card.last4.empty())
        return {};
    const int shown = static_cast<int>(card.first_n.size() + card.last4.size());
    const auto hidden = static_cast<std::size_t>(std::max(6, card.pan_len - shown));
    return card.first_n + std::string(hidden, '*') + card.last4;
}

} // namespace

std::string_view History::card_key(const std::int64_t& id) {
    return {reinterpret_cast<const char*>(&id), sizeof id};
}

std::vector<std::int64_t> History::card_ids() const {
    std::vector<std::int64_t> ids;
    for (std::uint32_t number = 1; number < card_ids_.size(); ++number)
        std::memcpy(&ids.emplace_back(), card_ids_.text(number).data(), sizeof(std::int64_t));
    return ids;
}

void History::add_card(const Card& card) {
    const std::uint32_t code = card_code(card.hash, masked(card), card.first_n);
    known_cards_.push_back({card.id, card.same_as, code});
}

std::uint32_t History::card_code(std::string_view hash, std::string_view masked_number,
                                 std::string_view first_n) {
    const std::uint32_t code = dictionaries_[k_card].code(hash);
    if (code != masked_.size())
        return code;
    masked_.push_back(masked_number);
    for (unsigned n = 1; n <= k_bin_max; ++n)
        bins_.push_back(first_n.size() < n ? 0 : dictionaries_[k_bin].code(first_n.substr(0, n)));
    return code;
}

std::uint32_t History::adopt_card(const History& other, std::uint32_t code) {
    std::uint32_t first_n = 0;
    for (unsigned n = k_bin_max; n > 0 && first_n == 0; --n)
        first_n = other.bin_of(code, n);
    const std::size_t known = masked_.size();
    const std::uint32_t adopted =
        card_code(other.dictionary(Field::card).text(code), other.masked_[code],
                  other.dictionary(Field::bin6).text(first_n));
    const auto aliases = other.aliases_.find(code);
    if (adopted == known && aliases != other.aliases_.end())
        aliases_[adopted] = aliases->second;
    return adopted;
}

void History::code_cards() {
    if (!kept(Field::card))
        return;
    const auto before = [](const KnownCard& a, const KnownCard& b) { return a.id < b.id; };
    std::sort(known_cards_.begin(), known_cards_.end(), before);
    std::vector<std::uint32_t> codes(card_ids_.size()); // by number; an alias has its root's
    for (const KnownCard& one : known_cards_) {
        std::uint32_t code = one.code;
        const auto root = std::lower_bound(known_cards_.begin(), known_cards_.end(),
                                           KnownCard{one.same_as, 0, 0}, before);
        if (one.same_as != 0 && root != known_cards_.end() && root->id == one.same_as) {
            code = root->code;
            aliases_[code].emplace_back(dictionaries_[k_card].text(one.code));
        }
        codes[card_ids_.find(card_key(one.id))] = code;
    }
    codes[0] = 0;
    const std::vector<std::int64_t> ids = card_ids();
    for (std::size_t number = 1; number < codes.size(); ++number)
        if (codes[number] == 0)
            throw Error(Exit::internal,
                        "card " + std::to_string(ids[number - 1]) + " was never added");
    Packed& column = codes_[k_card];
    column = Packed::of(size(), [&](std::size_t row) {
        return std::int64_t{codes[static_cast<std::size_t>(column[row])]};
    });
    if (kept(Field::bin6))
        for (std::size_t row = 0; row < size(); ++row)
            codes_[k_bin].push_back(bin(row, 6));
    card_ids_ = {};
    known_cards_ = {};
}

std::string History::masked_card(std::size_t row) const {
    const std::uint32_t card = code(Field::card, row);
    return card == 0 ? std::string() : std::string(masked_[card]);
}

std::vector<std::string_view> History::card_hashes(std::uint32_t code) const {
    const Dictionary& known = dictionary(Field::card);
    if (code == 0 || code >= known.size())
        return {};
    std::vector<std::string_view> hashes{known.text(code)};
    if (const auto others = aliases_.find(code); others != aliases_.end())
        hashes.insert(hashes.end(), others->second.begin(), others->second.end());
    return hashes;
}

std::uint32_t History::bin(std::size_t row, unsigned n) const {
    return bin_of(code(Field::card, row), n);
}

std::uint32_t History::bin_of(std::uint32_t card, unsigned n) const {
    return n == 0 || n > k_bin_max ? 0
                                   : static_cast<std::uint32_t>(bins_[card * k_bin_max + n - 1]);
}

} // namespace harmonia::screen

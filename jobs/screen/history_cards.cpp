#include "core/base/error.hpp"
#include "jobs/screen/history.hpp"

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
    const std::uint32_t code = dictionaries_[k_card].code(card.hash);
    told_.push_back({card.id, card.same_as, code});
    if (masked_.size() == 0) { // of code 0: no card
        masked_.push_back({});
        for (unsigned n = 1; n <= k_bin_max; ++n)
            bins_.push_back(0);
    }
    if (code < masked_.size())
        return;
    masked_.push_back(masked(card));
    for (unsigned n = 1; n <= k_bin_max; ++n)
        bins_.push_back(
            card.first_n.size() < n ? 0 : dictionaries_[k_bin].code(card.first_n.substr(0, n)));
}

void History::code_cards() {
    if (!kept(Field::card))
        return;
    const auto before = [](const ToldCard& a, const ToldCard& b) { return a.id < b.id; };
    std::sort(told_.begin(), told_.end(), before);
    std::vector<std::uint32_t> codes(card_ids_.size()); // by number; of aliases the root's
    for (const ToldCard& one : told_) {
        std::uint32_t code = one.code;
        const auto root =
            std::lower_bound(told_.begin(), told_.end(), ToldCard{one.same_as, 0, 0}, before);
        if (one.same_as != 0 && root != told_.end() && root->id == one.same_as) {
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
                        "card " + std::to_string(ids[number - 1]) + " was not told");
    Packed& column = codes_[k_card];
    column = Packed::of(size(), [&](std::size_t row) {
        return std::int64_t{codes[static_cast<std::size_t>(column[row])]};
    });
    if (kept(Field::bin6))
        for (std::size_t row = 0; row < size(); ++row)
            codes_[k_bin].push_back(bin(row, 6));
    card_ids_ = {};
    told_ = {};
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
    const std::uint32_t card = code(Field::card, row);
    return n == 0 || n > k_bin_max || card == 0
               ? 0
               : static_cast<std::uint32_t>(bins_[card * k_bin_max + n - 1]);
}

} // namespace harmonia::screen

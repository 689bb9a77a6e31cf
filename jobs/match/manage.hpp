// `match force`, `match undo`, `match ambiguous`: matches made, undone and listed by hand.
#pragma once

#include "jobs/match/run.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::match {

/// Pairs a payment with a merchant's row as FORCED; no rule is asked, amounts may differ. Both must
/// be pending and of one merchant and currency, the merchant must have rules, the card holder must
/// be known where that is asked for. Otherwise Error(data | no_input) says which; nothing is
/// written. Error(try_again) when the merchant is busy longer than options.wait. Returns the
/// match's id.
std::int64_t force(const Settings& settings, const Options& options, std::int64_t payment_id,
                   std::int64_t scheme_id);

/// Makes both rows pending again and bars the pair. Exports that were not delivered are withdrawn;
/// a match that was delivered cannot be undone (Error(data)).
void undo(const Settings& settings, const Options& options, std::int64_t match_id);

/// A pending payment whose latest decision found several rows.
struct Ambiguous {
    std::string merchant;
    std::int64_t payment_id = 0;
    std::string transaction_id, date;
    std::int64_t amount = 0;
    std::string currency;
    std::int64_t candidates = 0; ///< rows that satisfied the rule
};
/// At most a thousand, oldest first; of these merchants, or of all.
[[nodiscard]] std::vector<Ambiguous> list_ambiguous(const Settings& settings,
                                                    const std::vector<std::string>& merchants);

} // namespace harmonia::match

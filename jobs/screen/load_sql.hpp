// The texts of the queries that read history. Pure; values go in through db::quoted_literal().
#pragma once

#include "jobs/screen/load.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// What a history query leaves, in order: payment_id, source, feed_type, external_id, event_us,
/// whether the time is that of receipt, amount_minor, currency, the former verdict, then
/// chosen_columns(fields), card as card_id.
struct HistoryQuery {
    Fields fields = 0;
    bool verdicts = false; ///< whether former verdicts are wanted at all
    std::string ruleset;
    Pins pins;
};

/// Those that are columns of screening.fact and not in every query.
[[nodiscard]] std::vector<Field> chosen_columns(Fields fields);

/// Of the rows that have a value of a text field, those whose value's hash falls to `number` of
/// `parts`. Aliases of a card fall to the same.
struct Part {
    Field key = Field::card;
    unsigned parts = 1, number = 0;
};

/// Rows of a span of event times, both ends included.
[[nodiscard]] std::string scan_query(const HistoryQuery& query, std::int64_t from_us,
                                     std::int64_t until_us,
                                     const std::optional<Part>& part = std::nullopt);
/// The targets and what they can see by key. `targets`: not empty.
[[nodiscard]] std::string probe_query(const HistoryQuery& query, const std::vector<KeyReach>& keys,
                                      const std::vector<Target>& targets);
/// Whether every key has an index to be found by.
[[nodiscard]] bool can_probe(const std::vector<KeyReach>& keys);

/// Rows that rows of the table or WITH name `late` (payment_id, event_us, close_seq) reach forward
/// to by one key: `SELECT payment_id, close_seq`.
[[nodiscard]] std::string reached_forward(const KeyReach& key, const std::string& ruleset);

/// The keys of all rule sets, each once with its longest reach.
[[nodiscard]] std::vector<KeyReach> keys_of(const std::vector<const Ruleset*>& rulesets);

/// The condition that a row belongs to a batch that the pins see. A batch whose row retention has
/// removed was closed long ago.
[[nodiscard]] std::string visible(const Pins& pins, const char* row = "f");

} // namespace harmonia::screen

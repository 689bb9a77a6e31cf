// The texts of the queries that read history. Pure; values go in through db::quoted_literal().
#pragma once

#include "core/db/columns.hpp"
#include "jobs/screen/load/load.hpp"

#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

/// The columns of a history query. chosen_fields() follow from `fields` on, the card as its
/// card_id.
enum class HistoryColumn {
    payment_id,
    source,
    feed_type,
    external_id,
    event_us,
    received_time,
    amount_minor,
    currency,
    verdict, ///< the previous one, if the query asks for it
    fields,
};

struct HistoryQuery {
    Fields fields = 0;
    bool verdicts = false; ///< whether previous verdicts are wanted
    std::string ruleset;
    Pins pins;
};

/// The fields that are columns of screening.fact and not part of every query.
[[nodiscard]] std::vector<Field> chosen_fields(Fields fields);

/// Rows that have a value of a text field, as far as the hash of the value falls into part `number`
/// of `parts`. Aliases of a card fall into the same part.
struct KeyPart {
    Field key = Field::card;
    unsigned parts = 1, number = 0;
};

/// Rows in a span of event times, both ends included.
[[nodiscard]] std::string scan_query(const HistoryQuery& query, std::int64_t from_us,
                                     std::int64_t until_us,
                                     const std::optional<KeyPart>& part = std::nullopt);
/// The targets (not empty) and what they can see by key.
[[nodiscard]] std::string probe_query(const HistoryQuery& query, const std::vector<KeyReach>& keys,
                                      const std::vector<Target>& targets);
/// Whether every key has an index.
[[nodiscard]] bool can_probe(const std::vector<KeyReach>& keys);

/// Rows that rows of the table or WITH query `late` (payment_id, event_us, close_seq) reach forward
/// to by one key: `SELECT payment_id, close_seq`.
[[nodiscard]] std::string reached_forward(const KeyReach& key, const std::string& ruleset);

/// The keys of all rule sets, each once, with its longest reach.
[[nodiscard]] std::vector<KeyReach> keys_of(const std::vector<const Ruleset*>& rulesets);

/// The condition that a row belongs to a batch that the pins see. A batch whose row retention has
/// removed was closed long ago.
[[nodiscard]] std::string visible(const Pins& pins, const char* row = "f");

/// `'{1,2}'::bigint[]`
[[nodiscard]] std::string bigint_array(const std::vector<std::int64_t>& ids);

} // namespace harmonia::screen

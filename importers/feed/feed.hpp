// A feed: one declaration that says where records come from, how they are cut, and what each
// becomes. Declared in YAML only (docs/reference/feeds.md); a new merchant or layout never needs
// C++.
#pragma once

#include "core/config/value.hpp"
#include "importers/feed/order_fields.hpp"
#include "importers/map/field_map.hpp"
#include "importers/map/transaction_map.hpp"
#include "importers/source/record.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::importers {

/// Where a feed's records come from by itself (without --file).
struct SourceSpec {
    enum class Kind { files, queue, none } kind = Kind::none;
    std::string path; ///< files: directory below import.base, relative
    std::string glob = "*";
    std::string queue; ///< queue
    std::string broker = "default";
    std::string queue_type = "classic"; ///< or `quorum`: how `configure` declares the queue
    std::string dead_queue; ///< queue that the broker gives up its messages to; empty: none
    std::string exchange;   ///< the direct exchange it is bound to by its name; empty: of that name
    std::string schedule;   ///< cron expression for `schedule`; empty: only when asked
    std::string archive;    ///< files: directory below import.archive; empty: the feed's path
    /// queue: a dead letter, once its row is committed, is rejected (the queue's dead-letter
    /// exchange has it too) instead of acknowledged.
    bool reject_dead = false;
};

inline constexpr const char* k_transactions = "transactions"; ///< the sink of mapped records
inline constexpr const char* k_alerts = "alerts"; ///< the sink of alerts, ours and those of 2018

/// A compiled declaration. Immutable after load, any thread.
///
/// Beside what every feed has stands what its sink reads records by: `transactions` for the sink of
/// that name, `texts` for `orders` and `labels`. Feeds of other sinks have neither: they bring
/// whole messages of a protocol, declare a name, a sink and a source only, and have no fields.
struct Feed {
    std::string name;     ///< command-line name
    std::string provider; ///< part of the guard's key
    /// Feeds of orders are AUTH or SETTLED; a record's kind makes it a REFUND.
    FeedType type = FeedType::merchant;
    std::string sink = k_transactions;
    SourceSpec source;
    std::shared_ptr<const Format> format;
    double max_bad_ratio = 0.10; ///< of the records; above it a file is refused as a whole
    bool reject_file = false;    ///< on_bad_row: reject_file
    std::vector<std::string> unless_merchant_mode; ///< route filter: raw row only for these modes
    std::optional<std::string> content_type;       ///< queue: contract check
    std::string screen; ///< rule set that must approve first; empty = none

    std::shared_ptr<const TransactionMap> transactions; ///< sink `transactions`
    std::shared_ptr<const FieldMap> texts;              ///< sinks `orders` and `labels`
    OrderOptions order;                                 ///< sink `orders`
};

/// One declaration that stands alone (no `like`). Error(config) placed at the mistake.
[[nodiscard]] std::shared_ptr<const Feed> load_feed(const config::Value& declaration);

/// All `feeds:` of a configuration, by name in order. Error(config) placed at the mistake.
[[nodiscard]] std::vector<std::shared_ptr<const Feed>> load_feeds(const config::Value& root);

/// Before a dead letter of a feed of alerts is acknowledged, the broker has confirmed a copy of it
/// on the feed's dead_queue, where it names one: who watches alerts watches queues.
[[nodiscard]] inline bool copies_dead_letters(const Feed& feed) {
    return feed.sink == k_alerts && !feed.source.dead_queue.empty();
}

} // namespace harmonia::importers

// A feed: one declaration that says where records come from, how they are cut, and what each
// becomes. Declared in YAML only (docs/reference/feeds.md); a new merchant or layout never needs
// C++.
#pragma once

#include "core/config/value.hpp"
#include "core/expr/expr.hpp"
#include "importers/record.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::importers {

enum class FeedType { merchant, auth, settled, refund };
[[nodiscard]] const char* feed_type_name(FeedType type); ///< `SETTLED`, as stored

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
    std::string
        archive; ///< files: directory below import.archive, relative; empty: the feed's path
    /// queue: a dead letter, once its row is committed, is refused (the queue's dead-letter
    /// exchange has it too) instead of acknowledged.
    bool reject_dead = false;
};

/// Record identifiers of a payment by type, in order PRIMARY, SECONDARY, PSIMI; empty when absent.
struct Identifiers {
    std::string_view primary, secondary, psimi;
};

/// What every feed of transactions maps a record to. Texts point into the record or the arena.
struct MappedRecord {
    std::string_view transaction_id;
    bool content_hashed = false; ///< id made from the content: twins get an occurrence number
    std::int64_t transaction_date_us = 0; ///< µs since 1970 UTC
    bool has_time = true;
    std::int64_t spend_amount = 0; ///< minor units of spend_currency
    std::string_view spend_currency;
    std::string_view payment_provider; ///< network slug
    std::optional<std::string_view> settlement_key, card_token, first_six, last_four;
    std::string_view auth_code, approval_code;
    std::optional<std::int64_t> points_amount, points_multiplier;
    std::int64_t spend_multiplier = 100;
    std::optional<std::int64_t> merchant_identifier_id; ///< the 2018 queues name it
    Identifiers identifiers;                            ///< payments
    std::vector<std::string_view> mids;                 ///< merchants: MID texts given by the row
    std::optional<std::string_view> location; ///< merchants: store code to look MIDs up by
    std::string_view extra_fields = "{}";     ///< JSON object text
};

inline constexpr const char* k_transactions = "transactions"; ///< the sink of mapped records

enum class Verdict { keep, skip_silently, skip_warned };

/// A compiled declaration. Immutable after load, any thread.
///
/// A feed whose sink is not `transactions` brings whole messages of a protocol that the sink reads
/// itself: it declares a name, a sink and a source only, has no fields, and is never mapped.
class Feed {
public:
    /// One declaration that stands alone (no `like`). Error(config) placed at the mistake.
    [[nodiscard]] static std::shared_ptr<const Feed> load(const config::Value& declaration);
    virtual ~Feed() = default;

    std::string name;     ///< command-line name
    std::string provider; ///< part of the guard's key
    FeedType type = FeedType::merchant;
    std::string sink = k_transactions;
    SourceSpec source;
    std::shared_ptr<const Format> format;
    double max_bad_ratio = 0.10; ///< of the records; above it a file is refused as a whole
    bool reject_file = false;    ///< on_bad_row: reject_file
    std::vector<std::string> unless_merchant_mode; ///< route filter: raw row only for these modes
    std::optional<std::string> content_type;       ///< queue: contract check
    std::string screen; ///< rule set that must approve first; empty = none

    /// What the feed's map reads: zones by merchant are resolved through `merchant_of_mid` (empty
    /// text when unknown). Fields come from format->split(). Problem: the record is bad.
    struct Context {
        std::uint64_t record_number = 0;
        std::string_view raw;
        std::string_view merchant; ///< merchant slug of the record's identifiers, "" when unknown
    };
    [[nodiscard]] virtual Expected<Verdict> map(std::span<const expr::Value> fields,
                                                const Context& context, MappedRecord& out,
                                                expr::Arena& arena) const = 0;
    /// Identifiers only (needed before map() when a zone depends on the merchant). Cheap.
    [[nodiscard]] virtual bool zone_by_merchant() const = 0;
    [[nodiscard]] virtual Identifiers identify(std::span<const expr::Value> fields,
                                               expr::Arena& arena) const = 0;
};

/// All `feeds:` of a configuration, by name in order. Error(config) placed at the mistake.
[[nodiscard]] std::vector<std::shared_ptr<const Feed>> load_feeds(const config::Value& root);

} // namespace harmonia::importers

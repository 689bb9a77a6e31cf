// Stored records whose merchant was not known when they arrived, and the identifiers that were
// missing then: what reidentify() reads and changes, always inside the caller's transaction.
#pragma once

#include "core/db/connection.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace harmonia::match {

inline constexpr int k_reidentify_days = 60;
/// Records a block: their raw forms are in memory.
inline constexpr int k_reidentify_block = 20'000;

/// A record's place in the order in which they are read.
struct RecordPlace {
    std::int64_t batch_id = 0, record_no = 0;
};

/// Whether an identifier that was missing has been onboarded since. One cheap query.
[[nodiscard]] bool missing_identifiers_appeared(db::Transaction& tx);
/// Forgets those identifiers. Waits for imports that are just noting one of them.
void delete_appeared_identifiers(db::Transaction& tx);

/// The next k_reidentify_block unidentified records after a place, of the last k_reidentify_days
/// and, where given, stored at `since` or later: batch_id, record_no, transaction_id, feed, header
/// (of the file, "" for none), raw.
[[nodiscard]] db::Result load_unidentified(db::Transaction& tx, RecordPlace after,
                                           std::optional<db::Instant> since);

/// Marks records as identified; `ids` are their transaction ids, `stored` (boolean[]) says beside
/// each whether a transaction row was written.
void mark_identified(db::Transaction& tx, std::string_view provider, std::string_view feed_type,
                     const db::ArrayText& ids, const db::ArrayText& stored);

} // namespace harmonia::match

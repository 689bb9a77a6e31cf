// What an import writes to ops, always inside the caller's transaction; who commits says so.
#pragma once

#include "core/db/connection.hpp"
#include "importers/sink.hpp"
#include "jobs/import/decide.hpp"
#include "jobs/import/records.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::importing {

/// Listeners are told on this channel when a batch closes; the payload is the feed's name.
inline constexpr const char* k_notify_channel = "harmonia_imported";

/// Another import may commit the same ids between our look and our rows; what `write` did is then
/// rolled back and it is called again, a bounded number of times. Each try sees what the one before
/// ran into.
[[nodiscard]] Counts write_despite_others(const std::function<Counts()>& write);

/// Whether the server refused what was to be stored (a value out of range, an index entry too long,
/// a constraint), so that the same rows would fail for ever: the bad one is found and kept as a
/// reject.
[[nodiscard]] bool refuses_data(const db::Failure& failure);
/// Says so without what the server said: that may quote the record.
[[nodiscard]] Problem not_storable(const db::Failure& failure);

/// A file as its batch row names it.
struct FileFacts {
    std::string feed, source, sha256, header;
    std::uint64_t bytes = 0, records = 0;
};

/// 32 hex digits that name one import call.
[[nodiscard]] std::string new_match_group();

[[nodiscard]] std::int64_t open_file_batch(db::Transaction& tx, const FileFacts& file,
                                           const std::string& match_group);
[[nodiscard]] std::int64_t open_message_batch(db::Transaction& tx, const std::string& feed,
                                              const std::string& queue,
                                              const std::string& match_group);

/// Moves the checkpoint from `bytes_before` and adds the counts. Error(try_again) when it does not
/// stand there: somebody else has gone on with this batch.
struct Step {
    std::uint64_t bytes_before = 0, bytes_done = 0, records_done = 0;
    Counts counts;
    std::optional<std::int64_t> date_from_us, date_to_us;
};
void move_checkpoint(db::Transaction& tx, std::int64_t batch_id, const Step& step);

/// Adds what a sink wrote, and its conflicts to the rejected.
void count_written(Counts& counts, const importers::BlockCounts& written);
void count_reasons(Counts& counts, std::span<const Reject> rejects);
/// The sink's conflicts, as rejects.
[[nodiscard]] std::vector<Reject> conflicting(const importers::BlockCounts& written);

void store_rejects(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const std::string& source, std::span<const Reject> rejects);

/// Marks the batch loaded and gives it its place in the commit order. Holds a lock until the
/// transaction ends: commit at once.
void close_batch(db::Transaction& tx, std::int64_t batch_id, const std::string& feed);
void mark_archived(db::Transaction& tx, std::int64_t batch_id);

/// A batch row that says that the file was refused, and why.
[[nodiscard]] std::int64_t store_refusal(db::Transaction& tx, const FileFacts& file,
                                         const std::string& match_group, const std::string& reason,
                                         const Counts& counts);
/// Closes an open batch whose checkpoint cannot be used any more.
void supersede_batch(db::Transaction& tx, std::int64_t batch_id);

/// A message that is no record.
struct DeadLetter {
    std::string exchange, routing_key, properties, body;
    Problem problem;
    bool redelivered = false;
};
/// One that is delivered again and was stored already (its commit came through, its acknowledgement
/// did not) is not stored twice.
void store_dead_letters(db::Transaction& tx, const std::string& feed, const std::string& queue,
                        std::span<const DeadLetter> letters);

} // namespace harmonia::importing

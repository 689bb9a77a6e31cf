// What an import writes to ops, always inside the caller's transaction; the caller commits.
#pragma once

#include "core/db/connection.hpp"
#include "core/payments/import_batch.hpp"
#include "importers/sink/sink.hpp"
#include "jobs/import/decide/decide.hpp"
#include "jobs/import/plan/records.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace harmonia::importing {

/// Moves the checkpoint from `bytes_before` and adds the counts. Error(try_again) when it is not
/// there: another process has continued this batch.
struct Step {
    std::uint64_t bytes_before = 0, bytes_done = 0, records_done = 0;
    Counts counts;
    std::optional<std::int64_t> date_from_us, date_to_us;
};
void move_checkpoint(db::Transaction& tx, std::int64_t batch_id, const Step& step);

/// Sets what a sink wrote, and adds its conflicts to the rejected.
void count_written(Counts& counts, const importers::BlockCounts& written);
void count_reasons(Counts& counts, std::span<const Reject> rejects);
/// The sink's conflicts, as rejects.
[[nodiscard]] std::vector<Reject> conflicting(const importers::BlockCounts& written);

void store_rejects(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const std::string& source, std::span<const Reject> rejects);

void mark_archived(db::Transaction& tx, std::int64_t batch_id);

/// A batch row for a refused file, with the reason.
[[nodiscard]] std::int64_t store_refusal(db::Transaction& tx, const payments::BatchSource& file,
                                         const std::string& reason, const Counts& counts);
/// Closes an open batch whose checkpoint cannot be used any more.
void supersede_batch(db::Transaction& tx, std::int64_t batch_id);

/// A message that could not be stored as a record.
struct DeadLetter {
    std::string exchange, routing_key, properties, body;
    Problem problem;
    bool redelivered = false;
};
/// A redelivered message that was stored already (its commit arrived, its acknowledgement did not)
/// is not stored twice.
void store_dead_letters(db::Transaction& tx, const std::string& feed, const std::string& queue,
                        std::span<const DeadLetter> letters);

} // namespace harmonia::importing

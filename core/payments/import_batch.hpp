// Batches of imported records: their row of ops.import_batch, and what of them was refused
// (ops.reject). Always inside the caller's transaction; the caller commits.
#pragma once

#include "core/base/expected.hpp"
#include "core/db/connection.hpp"
#include "core/db/retry.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::payments {

/// Listeners are notified on this channel when a batch closes; the payload is the feed's name.
inline constexpr const char* k_imported_channel = "harmonia_imported";

/// 32 hex digits that name one call of import.
[[nodiscard]] std::string new_match_group();

struct BatchSource {
    std::string feed, source; ///< a file's name, `AMQP: queue` or `HTTP: path`
    std::string match_group = new_match_group();
    std::optional<std::string> file_sha256 = {}, header = {}; ///< of files
    std::optional<std::uint64_t> file_bytes = {};
    std::uint64_t records = 0; ///< counted beforehand; 0 for messages and requests
};

/// Returns the batch's id.
[[nodiscard]] std::int64_t open_batch(db::Transaction& tx, const BatchSource& source);

/// Counts that the batch's row does not have yet.
struct BatchCounts {
    std::uint64_t records = 0, fresh = 0, duplicate = 0, rejected = 0;
};

/// Marks the batch loaded, adds the counts and gives it its place in the commit order. Holds a lock
/// until the transaction ends: commit at once.
void close_batch(db::Transaction& tx, std::int64_t batch_id, std::string_view feed,
                 const BatchCounts& counts = {});

/// A record that was refused. Views only; the texts are printable and card numbers masked.
struct RejectRow {
    std::uint64_t record_no = 0;
    std::optional<std::uint64_t> line_no, byte_offset; ///< of files
    std::string_view field, code, detail, raw;
    bool raw_exact = true; ///< raw is the record's bytes: it can be read again from here
};

class RejectCopy {
public:
    RejectCopy(db::Transaction& tx, std::int64_t batch_id, std::string_view feed,
               std::string_view source);
    void add(const RejectRow& row);
    void finish() { copy_.finish(); }

private:
    db::CopyIn copy_;
    std::int64_t batch_id_;
    std::string_view feed_, source_;
};

/// For db::retry_on_conflict(): another import may commit the same ids between the look at what is
/// known and the rows.
inline constexpr db::RetryLimit k_import_retry{.unique_violations = true};

/// The Problem of a record that is a data error (db::is_data_error), without the server's message,
/// which may quote the record.
[[nodiscard]] Problem not_storable(const db::Failure& failure);

} // namespace harmonia::payments

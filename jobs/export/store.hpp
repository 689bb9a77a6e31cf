// Writes of the export job. The caller commits.
#pragma once

#include "core/claim/claim.hpp"
#include "core/db/connection.hpp"
#include "jobs/export/decide.hpp"
#include "jobs/export/load.hpp"

#include <string>
#include <vector>

namespace harmonia::exporting {

/// harmonia.pending_export, for core/claim.
[[nodiscard]] const claim::Table& pending_table();

/// One attempt at one delivery, to be recorded.
struct Attempt {
    std::int64_t pending_id, export_id;
    int attempt;
    Verdict verdict;
    int status_code = 0; ///< 0: none
    std::string body_sha256;
    int duration_ms = 0;
};

/// Records the attempts of rows that `owner` still holds: delivered ones become EXPORTED and failed
/// ones EXPORT_FAILED, both leave pending_export; the others are put off. Returns how many it
/// recorded.
std::size_t store_attempts(db::Transaction& tx, const std::string& target, const std::string& owner,
                           const std::vector<Attempt>& attempts);

/// The next number of a target's files; locks its counter until the transaction ends.
[[nodiscard]] std::int64_t next_sequence(db::Transaction& tx, const std::string& target);
/// Notes the file into which the rows go.
void name_delivery(db::Transaction& tx, const std::vector<std::int64_t>& pending_ids,
                   const std::string& file_name);
/// Makes `owner` the holder of a file's rows, whoever held them: only under the target's lock.
void take_over(db::Transaction& tx, const std::string& target, const std::string& file_name,
               const std::string& owner);

/// A message for the outbox.
struct OutboxEntry {
    std::string kind, key, exchange, routing_key, properties, body;
};
/// Inserts the messages in order and notifies `export --follow`.
void store_outbox(db::Transaction& tx, const std::vector<OutboxEntry>& entries);

/// An outbox row that its broker refused.
struct Refused {
    std::int64_t id;
    int attempts; ///< this one included
    std::string reason;
};
/// Deletes confirmed rows and puts off refused ones, one statement each.
void settle_outbox(db::Transaction& tx, const std::vector<std::int64_t>& confirmed,
                   const std::vector<Refused>& refused);

} // namespace harmonia::exporting

// What a retry changes of rejects and their batch, inside the caller's transaction.
#pragma once

#include "core/base/expected.hpp"
#include "core/db/connection.hpp"
#include "jobs/import/decide/decide.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::importing {

/// Marks open rejects as retried. Error(try_again) when one of them is no longer open.
void mark_retried(db::Transaction& tx, const std::vector<std::int64_t>& ids);

/// Replaces what is wrong with a record that is still bad.
void update_problem(db::Transaction& tx, std::int64_t reject_id, const Problem& problem);

/// Adds `more` to a batch's counts, takes `retried` from its rejected ones, and notifies listeners
/// of its feed.
void count_retried(db::Transaction& tx, std::int64_t batch_id, const std::string& feed,
                   const Counts& more, std::size_t retried);

} // namespace harmonia::importing

// What `dead-letter` writes. The caller commits.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/dead_letter/decide.hpp"

#include <string>
#include <vector>

namespace harmonia::dead_letter {

void store_replay(db::Transaction& tx, const Replay& replay, const std::string& body);
/// Sets the state of the open ones; returns how many.
std::size_t mark(db::Transaction& tx, const std::vector<std::int64_t>& ids,
                 const std::string& state);
/// Wakes a following `export` at the commit.
void notify_outbox(db::Transaction& tx);

} // namespace harmonia::dead_letter

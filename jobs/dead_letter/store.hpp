// Writes of `dead-letter`. The caller commits.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/dead_letter/decide.hpp"

#include <string>
#include <vector>

namespace harmonia::dead_letter {

void store_replay(db::Transaction& tx, const Replay& replay, const std::string& body);
/// Open ones become `state`; how many.
std::size_t mark(db::Transaction& tx, const std::vector<long long>& ids, const std::string& state);

} // namespace harmonia::dead_letter

// Records that arrived before their merchant's identifiers did, looked at again (M-31, M-32).
#pragma once

#include "core/db/connection.hpp"
#include "importers/feed.hpp"
#include "jobs/match/declare.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace harmonia::match {

/// Reads unidentified records of the last k_reidentify_days again from their raw form and makes
/// payment and scheme rows of those that are known now. One query when no missing identifier has
/// appeared. Blocks, each in one transaction (import_reidentify_commit). Returns how many became
/// known.
std::int64_t reidentify(db::Connection& connection,
                        const std::vector<std::shared_ptr<const importers::Feed>>& feeds,
                        const Declarations& declarations);

inline constexpr int k_reidentify_days = 60;
/// Records a block: their raw forms are in memory.
inline constexpr int k_reidentify_block = 20'000;

} // namespace harmonia::match

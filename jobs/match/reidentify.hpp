// Records that arrived before their merchant's identifiers did, identified again (M-31, M-32).
#pragma once

#include "core/db/connection.hpp"
#include "importers/feed/feed.hpp"
#include "jobs/match/declare.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace harmonia::match {

/// Reads unidentified records of the last k_reidentify_days (store_unidentified.hpp) again from
/// their raw form and makes payment and scheme rows of those that are known now. One query when no
/// missing identifier has appeared. Works in blocks, each in one transaction
/// (import_reidentify_commit). Returns how many became known.
std::int64_t reidentify(db::Connection& connection,
                        const std::vector<std::shared_ptr<const importers::Feed>>& feeds,
                        const Declarations& declarations);

} // namespace harmonia::match

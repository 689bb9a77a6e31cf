// Writes merchant identifiers. Writers take turns (a table lock that does not block readers), so
// that ids have no gaps and follow the order of the input.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/mids/decide.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace harmonia::mids {

struct Written {
    std::uint64_t added = 0, deleted = 0;
};

/// In one transaction: adds new identifiers (existing ones stay unchanged), with scheme and
/// provider where these are new, then deletes. Safe to repeat.
Written store_file(db::Connection& connection, const IdentifierFile& file);

/// Deletes these identifiers and all of these locations; returns how many.
std::uint64_t remove(db::Connection& connection, std::span<const Key> keys,
                     const std::vector<std::string>& locations);

/// Sets the values that are given; false when there is no such identifier.
bool update(db::Connection& connection, const Key& key,
            const std::optional<std::string>& location_id,
            const std::optional<std::string>& merchant_internal_id);

} // namespace harmonia::mids

// Writes merchant identifiers. Writers of identifiers take turns (a table lock that readers do not
// feel), so that ids come without gaps and in the order given.
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

/// One transaction: adds what is not there yet (an existing identifier stays as it is), with its
/// scheme and provider on first sight, then deletes. Harmless to repeat.
Written store_file(db::Connection& connection, const IdentifierFile& file);

/// Deletes those identifiers and all that stand at those locations; returns how many.
std::uint64_t remove(db::Connection& connection, std::span<const Key> keys,
                     const std::vector<std::string>& locations);

/// Sets what is given and leaves the rest; false when there is no such identifier.
bool update(db::Connection& connection, const Key& key,
            const std::optional<std::string>& location_id,
            const std::optional<std::string>& merchant_internal_id);

} // namespace harmonia::mids

// Reads merchant identifiers back, for people.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/mids/decide.hpp"

#include <cstdint>
#include <vector>

namespace harmonia::mids {

struct Filter {
    std::string provider, scheme, identifier; ///< empty: all
    std::uint64_t limit = 1000;
};

struct Listed {
    std::int64_t id = 0;
    Identifier row;
};

/// In order of their ids. One more than `limit` is never given; `total` counts all that pass.
struct Listing {
    std::vector<Listed> rows;
    std::uint64_t total = 0;
};
[[nodiscard]] Listing list(db::Connection& connection, const Filter& filter);

} // namespace harmonia::mids

// Lists merchant identifiers.
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

/// In the order of their ids, at most `limit`; `total` counts all that match the filter.
struct Listing {
    std::vector<Listed> rows;
    std::uint64_t total = 0;
};
[[nodiscard]] Listing list(db::Connection& connection, const Filter& filter);

} // namespace harmonia::mids

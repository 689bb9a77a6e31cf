// What the transact API reads.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/serve/decide_transact.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace harmonia::serve {

/// The current state of a payment of the transact feed.
struct Standing {
    std::int64_t payment_id = 0;
    Screened state = Screened::held;
};

/// The payments of this provider with these transaction ids, by id; unknown ids are missing.
/// `feed_type`: of the feed; refunds are included.
[[nodiscard]] std::map<std::string, Standing> load_standings(db::Connection& connection,
                                                             const std::string& provider,
                                                             const std::string& feed_type,
                                                             const std::vector<std::string>& ids);

} // namespace harmonia::serve

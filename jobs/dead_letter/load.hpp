// Reads ops.dead_letter.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/dead_letter/run.hpp"

namespace harmonia::dead_letter {

[[nodiscard]] std::vector<Letter> load_list(db::Transaction& tx, const Filter& filter);
/// With bodies; locks the rows until the transaction ends. Unknown ids are left out.
[[nodiscard]] std::vector<Letter> load(db::Transaction& tx, const std::vector<std::int64_t>& ids);

} // namespace harmonia::dead_letter

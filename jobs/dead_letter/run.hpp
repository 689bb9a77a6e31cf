// `harmonia dead-letter`: messages that could not be decoded, kept in ops.dead_letter.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/dead_letter/decide.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::dead_letter {

struct Filter {
    std::string feed; ///< empty: every feed
    bool all = false; ///< also replayed and dismissed ones
    int limit = 1000;
};
/// Newest last; bodies are left out.
[[nodiscard]] std::vector<Letter> list(db::Connection& connection, const Filter& filter);

/// One with its body. Error(no_input) for an unknown id.
[[nodiscard]] Letter show(db::Connection& connection, long long id);

/// Copies the open ones into the outbox and marks them replayed, in one transaction; `harmonia
/// export outbox` sends them. Repeating it changes nothing. Error(data) for a body that is not
/// UTF-8: the outbox cannot hold it. Returns how many were replayed.
std::int64_t replay(db::Connection& connection, const std::vector<std::int64_t>& ids);

/// Marks the open ones dismissed. Returns how many.
std::int64_t dismiss(db::Connection& connection, const std::vector<std::int64_t>& ids);

} // namespace harmonia::dead_letter

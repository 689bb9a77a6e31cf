// `harmonia dead-letter`: messages that could not be read, kept in ops.dead_letter.
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

/// One with its body. Error(no_input) when there is none of that id.
[[nodiscard]] Letter show(db::Connection& connection, long long id);

/// Puts them into the outbox and marks them replayed, in one transaction; `harmonia export outbox`
/// sends them. Only open ones: asking again does nothing. Bodies that are not UTF-8 text cannot be
/// sent that way: Error(data). Returns how many.
std::int64_t replay(db::Connection& connection, const std::vector<long long>& ids);

/// Marks open ones dismissed. Returns how many.
std::int64_t dismiss(db::Connection& connection, const std::vector<long long>& ids);

} // namespace harmonia::dead_letter

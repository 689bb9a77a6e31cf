// The questions that make up a status: one SELECT each. People and JSON clients see its columns;
// ages are `…_seconds`, instants RFC 3339 in UTC.
#pragma once

#include <span>

namespace harmonia::status {

struct Question {
    const char* name;  ///< member of the JSON object
    const char* title; ///< for people
    const char* sql;
    bool by_command = false;       ///< $1 is the list of command names
    const char* area = "harmonia"; ///< asked only of a database with this area
};
[[nodiscard]] std::span<const Question> questions();

} // namespace harmonia::status

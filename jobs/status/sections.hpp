// The questions that make up a status: one SELECT each. Columns are what people and JSON readers
// see; ages are `…_seconds`, instants RFC 3339 in UTC.
#pragma once

#include <span>

namespace harmonia::status {

struct Question {
    const char* name;  ///< member of the JSON object
    const char* title; ///< for people
    const char* sql;
    bool by_command = false;       ///< takes the commands' names as $1
    const char* area = "harmonia"; ///< asked where this area is
};
[[nodiscard]] std::span<const Question> questions();

} // namespace harmonia::status

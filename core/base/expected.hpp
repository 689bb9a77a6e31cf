// Expected<T>: a value, or why one record is bad. For ordinary failures, after which the run goes
// on.
#pragma once

#include <tl/expected.hpp>

#include <string>

namespace harmonia {

/// Why a record or value was refused. `code` is stable and lower_snake (`amount_precision`), stored
/// in ops.reject and tested against; `field` is the input's own name or empty; `detail` is for
/// people and must not carry a secret.
struct Problem {
    std::string code;
    std::string field;
    std::string detail;
};

template <typename T>
using Expected = tl::expected<T, Problem>;

inline tl::unexpected<Problem> bad(std::string code, std::string field = {},
                                   std::string detail = {}) {
    return tl::unexpected<Problem>(Problem{std::move(code), std::move(field), std::move(detail)});
}

} // namespace harmonia

// What a refused configuration says.
#pragma once

#include "core/base/error.hpp"

#include <string>

namespace harmonia::test {

struct Refusal {
    std::string what, hint;
    Exit exit = Exit::done;
};

/// Runs `act` and takes its Error; `what` is empty when it did not fail.
template <typename Act>
Refusal refusal(Act&& act) {
    try {
        act();
    } catch (const Error& error) {
        return {error.what(), error.hint(), error.exit()};
    }
    return {};
}

} // namespace harmonia::test

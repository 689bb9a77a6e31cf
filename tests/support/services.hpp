// The servers of this checkout, stopped, killed and started by tests of what survives it.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"
#include "tests/support/source.hpp"

#include <string>

namespace harmonia::test {

/// `s/services VERB`, which must succeed.
inline void services(const std::string& verb) {
    const Finished done = run({{(source_root() / "s/services").string(), verb}, {}, "", 0});
    INFO(done.err);
    REQUIRE(done.exit == 0);
}

} // namespace harmonia::test

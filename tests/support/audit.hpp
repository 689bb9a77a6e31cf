// `harmonia audit` at the end of a test.
#pragma once

#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <string>

namespace harmonia::test {

/// The program finds nothing wrong in the area.
inline void check_audit(const TempDatabase& database, const std::string& area) {
    const Finished audit = run(
        {{program("harmonia"), "audit", area}, {{"HARMONIA_DATABASE_DSN", database.dsn()}}, "", 0});
    INFO(audit.out << audit.err);
    CHECK(audit.exit == 0);
}

} // namespace harmonia::test

// The checkout that a test program was built from: some tests read the tree itself.
#pragma once

#include <filesystem>

namespace harmonia::test {

/// Found through the CMakeCache.txt above this program. Throws when there is none.
[[nodiscard]] std::filesystem::path source_root();

} // namespace harmonia::test

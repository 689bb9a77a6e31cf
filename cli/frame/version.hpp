#pragma once

namespace harmonia::cli {

inline constexpr const char* k_version = "0.1.0"; ///< as in CMakeLists.txt (a test compares them)

} // namespace harmonia::cli

#include "tests/support/source.hpp"

#include <fstream>
#include <stdexcept>
#include <string>

namespace harmonia::test {

std::filesystem::path source_root() {
    const std::string key = "CMAKE_HOME_DIRECTORY:INTERNAL=";
    auto folder = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (; folder.has_relative_path(); folder = folder.parent_path()) {
        std::ifstream cache(folder / "CMakeCache.txt");
        for (std::string line; std::getline(cache, line);)
            if (line.starts_with(key))
                return line.substr(key.size());
    }
    throw std::runtime_error("this program does not lie in a build folder");
}

} // namespace harmonia::test

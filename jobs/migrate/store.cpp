#include "jobs/migrate/store.hpp"

#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::migrate {
namespace {

void check_word(const std::string& what, const std::string& word) {
    const bool good = !word.empty() && word.size() <= 50 && word[0] >= 'a' && word[0] <= 'z' &&
                      std::all_of(word.begin(), word.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                      });
    if (!good)
        throw Error(Exit::usage, fmt::format("invalid {} '{}'", what, printable(word, 60)),
                    "Use lower-case letters, digits and underscores, starting with a letter.");
}

long long highest_number(const std::filesystem::path& folder) {
    long long highest = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (const auto n = parse_int(entry.path().filename().string().substr(0, 4)))
            highest = std::max(highest, *n);
    return highest;
}

} // namespace

std::filesystem::path create(const std::filesystem::path& root, const std::string& area,
                             const std::string& name) {
    check_word("area", area);
    check_word("name", name);
    const auto migrations = root / "migrations";
    if (!std::filesystem::is_directory(migrations))
        throw Error(Exit::no_input, fmt::format("folder {} does not exist", migrations.string()),
                    "Run this in the source tree.");
    const auto folder = migrations / area;
    std::error_code error;
    std::filesystem::create_directory(folder, error);
    if (error)
        throw Error(Exit::cannot_create,
                    fmt::format("cannot create {}: {}", folder.string(), error.message()));
    const auto path = folder / fmt::format("{:04}_{}.sql", highest_number(folder) + 1, name);
    AtomicFile file(path);
    file.write(fmt::format("-- What this changes, and why.\n\n-- Tables are written with their "
                           "schema: {}.table\n",
                           area));
    file.commit(Failpoint::migration_file_rename);
    return path;
}

} // namespace harmonia::migrate

// Where files come from: a feed's directory, paths named by hand, standard input.
#pragma once

#include "jobs/import/files/file.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace harmonia::importing {

/// The files in the feed's directory, in name order: regular files (no links) whose name fits its
/// glob and begins with no dot, directly in base/path. Empty when the directory does not exist.
/// Error(permission | io).
[[nodiscard]] std::vector<FileTask> files_in_directory(const importers::Feed& feed,
                                                       const Settings& settings);

/// A path named by hand. In the feed's own directory it is treated like the files found there.
/// Error(no_input) when there is no such file.
[[nodiscard]] FileTask named_file(const importers::Feed& feed, const Settings& settings,
                                  const std::string& path);

/// Standard input, copied to a file without a name below the spool directory: a file is read twice,
/// a pipe cannot be. Gone with this object, or with the process. Error(cannot_create | io).
class Spool {
public:
    explicit Spool(const std::filesystem::path& directory);
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    [[nodiscard]] FileTask task() const;

private:
    void copy(int from);
    std::filesystem::path directory_;
    int fd_ = -1;
};

} // namespace harmonia::importing

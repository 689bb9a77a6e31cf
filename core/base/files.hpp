// Durable files: a half-written file is never visible under its final name. Failures throw
// Error(io | cannot_create | no_input | permission) naming the path and the system's reason.
#pragma once

#include "core/base/failpoint.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace harmonia {

/// Renames within one file system and fsyncs the target's directory. Never overwrites: an existing
/// `to` gets a numeric suffix (`name.1`). Returns the name taken.
std::filesystem::path rename_durably(const std::filesystem::path& from,
                                     const std::filesystem::path& to, Failpoint point);

/// A file written under a temporary name, fsynced, and renamed to its final name by commit().
/// Without commit it leaves nothing behind.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path target);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;
    void write(std::string_view bytes);
    /// Replaces an existing target.
    void commit(Failpoint point);

private:
    std::filesystem::path target_, temporary_;
    int fd_ = -1;
};

[[nodiscard]] std::string read_file(const std::filesystem::path& path, std::uint64_t bytes_max);

/// A secret from a file, without one trailing line end. Error(permission) for a file that group or
/// others may read.
[[nodiscard]] std::string read_secret_file(const std::filesystem::path& path);

} // namespace harmonia

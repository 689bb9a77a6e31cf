#include "core/base/files.hpp"

#include "core/base/error.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace harmonia {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(Exit otherwise, const char* act, const fs::path& path) {
    const int number = errno;
    Exit exit = otherwise;
    std::string hint;
    if (number == EACCES || number == EPERM) {
        exit = Exit::permission;
        hint = "Check the owner and mode of the file and of its directory.";
    } else if (number == ENOSPC || number == EFBIG || number == EDQUOT) {
        exit = Exit::io;
        hint = "Free space (or raise the limit) and run the command again; nothing is lost.";
    } else if (number == ENOENT && otherwise == Exit::io) {
        exit = Exit::no_input;
    }
    throw Error(exit, fmt::format("cannot {} {}: {}", act, path.string(), std::strerror(number)),
                hint);
}

void sync_directory(const fs::path& directory) {
    const fs::path name = directory.empty() ? fs::path(".") : directory;
    const int fd = ::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        fail(Exit::io, "open directory", name);
    const int result = ::fsync(fd);
    ::close(fd);
    if (result != 0)
        fail(Exit::io, "sync directory", name);
}

bool rename_unless_taken(const fs::path& from, const fs::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
        return true;
    if (errno == EEXIST)
        return false;
    fail(Exit::cannot_create, "rename to", to);
}

} // namespace

fs::path rename_durably(const fs::path& from, const fs::path& to, Failpoint point) {
    std::error_code ignored;
    fs::create_directories(to.parent_path(), ignored);
    failpoint_before(point);
    fs::path name = to;
    for (int suffix = 1; !rename_unless_taken(from, name); ++suffix)
        name = to.string() + "." + std::to_string(suffix);
    sync_directory(name.parent_path());
    sync_directory(from.parent_path());
    failpoint_after(point);
    return name;
}

AtomicFile::AtomicFile(fs::path target)
    : target_(std::move(target)),
      temporary_(target_.parent_path() /
                 fmt::format(".{}.{}.tmp", target_.filename().string(), ::getpid())) {
    fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (fd_ < 0)
        fail(Exit::cannot_create, "create", temporary_);
}

AtomicFile::~AtomicFile() {
    if (fd_ < 0)
        return;
    ::close(fd_);
    ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            fail(Exit::io, "write", temporary_);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

void AtomicFile::commit(Failpoint point) {
    if (::fsync(fd_) != 0)
        fail(Exit::io, "sync", temporary_);
    ::close(fd_);
    fd_ = -1;
    failpoint_before(point);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0)
        fail(Exit::cannot_create, "rename to", target_);
    sync_directory(target_.parent_path());
    failpoint_after(point);
}

std::string read_file(const fs::path& path, std::uint64_t bytes_max) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        fail(Exit::io, "open", path);
    std::string text;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(fd, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            ::close(fd);
            fail(Exit::io, "read", path);
        }
        if (got == 0)
            break;
        text.append(buffer, static_cast<std::size_t>(got));
        if (text.size() > bytes_max) {
            ::close(fd);
            throw Error(Exit::data,
                        fmt::format("{} is larger than {} bytes", path.string(), bytes_max));
        }
    }
    ::close(fd);
    return text;
}

std::string read_secret_file(const fs::path& path) {
    constexpr std::uint64_t k_secret_bytes_max = 64 * 1024; // a key file is never larger
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        fail(Exit::io, "open", path);
    if ((info.st_mode & 077) != 0)
        throw Error(Exit::permission,
                    fmt::format("secret file {} can be read by others", path.string()),
                    fmt::format("Run: chmod 600 {}", path.string()));
    std::string text = read_file(path, k_secret_bytes_max);
    if (text.ends_with('\n'))
        text.pop_back();
    if (text.ends_with('\r'))
        text.pop_back();
    return text;
}

} // namespace harmonia

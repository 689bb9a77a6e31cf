// Bytes from a file and from memory.
#include "core/base/error.hpp"
#include "importers/source/record.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace harmonia::importers {
namespace {

Exit exit_of(int error) {
    if (error == ENOENT || error == ENOTDIR)
        return Exit::no_input;
    return error == EACCES || error == EPERM ? Exit::permission : Exit::io;
}

class FileBytes : public ByteSource {
public:
    explicit FileBytes(const std::string& path) : path_(path) {
        fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd_ < 0)
            fail("cannot open");
        struct stat status {};
        if (::fstat(fd_, &status) == 0 && S_ISDIR(status.st_mode)) {
            ::close(fd_);
            errno = EISDIR;
            fail("cannot read");
        }
        ::posix_fadvise(fd_, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    ~FileBytes() override { ::close(fd_); }

    std::size_t read(char* into, std::size_t size) override {
        while (true) {
            const ssize_t got = ::read(fd_, into, size);
            if (got >= 0)
                return static_cast<std::size_t>(got);
            if (errno != EINTR)
                fail("cannot read");
        }
    }

private:
    [[noreturn]] void fail(const char* what) const {
        const int error = errno;
        throw Error(exit_of(error), fmt::format("{} {}: {}", what, path_, std::strerror(error)));
    }
    std::string path_;
    int fd_ = -1;
};

class MemoryBytes : public ByteSource {
public:
    explicit MemoryBytes(std::string_view bytes) : rest_(bytes) {}
    std::size_t read(char* into, std::size_t size) override {
        const std::size_t got = std::min(size, rest_.size());
        std::memcpy(into, rest_.data(), got);
        rest_.remove_prefix(got);
        return got;
    }

private:
    std::string_view rest_;
};

} // namespace

std::unique_ptr<ByteSource> open_file(const std::string& path) {
    return std::make_unique<FileBytes>(path);
}

std::unique_ptr<ByteSource> over_memory(std::string_view bytes) {
    return std::make_unique<MemoryBytes>(bytes);
}

} // namespace harmonia::importers

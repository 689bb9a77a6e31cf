#include "jobs/import/files/sources.hpp"

#include "core/base/error.hpp"
#include "core/base/stop.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace harmonia::importing {
namespace {

namespace fs = std::filesystem;

fs::path directory_of(const importers::Feed& feed, const Settings& settings) {
    return (settings.base / feed.source.path / "").lexically_normal();
}

std::string source_of(const fs::path& path, const Settings& settings) {
    return path.lexically_normal().lexically_relative(settings.base.lexically_normal()).string();
}

[[noreturn]] void fail(const fs::path& path, const std::error_code& code) {
    const bool denied = code == std::errc::permission_denied;
    throw Error(denied ? Exit::permission : Exit::io,
                fmt::format("cannot read directory {}: {}", path.string(), code.message()));
}

bool is_plain_file(const fs::path& path) {
    std::error_code ignored;
    return fs::symlink_status(path, ignored).type() == fs::file_type::regular;
}

} // namespace

std::vector<FileTask> files_in_directory(const importers::Feed& feed, const Settings& settings) {
    std::vector<FileTask> tasks;
    const fs::path directory = directory_of(feed, settings);
    std::error_code code;
    fs::directory_iterator entries(directory, code);
    if (code == std::errc::no_such_file_or_directory)
        return tasks;
    if (code)
        fail(directory, code);
    for (; entries != fs::directory_iterator(); entries.increment(code)) {
        const std::string name = entries->path().filename().string();
        if (name.starts_with('.') || ::fnmatch(feed.source.glob.c_str(), name.c_str(), 0) != 0 ||
            !is_plain_file(entries->path()))
            continue;
        tasks.push_back({entries->path(), source_of(entries->path(), settings), true});
    }
    if (code)
        fail(directory, code);
    std::sort(tasks.begin(), tasks.end(),
              [](const FileTask& a, const FileTask& b) { return a.source < b.source; });
    return tasks;
}

FileTask named_file(const importers::Feed& feed, const Settings& settings,
                    const std::string& path) {
    std::error_code code;
    const fs::path whole = fs::canonical(path, code);
    if (code)
        throw Error(code == std::errc::permission_denied ? Exit::permission : Exit::no_input,
                    fmt::format("cannot read {}: {}", path, code.message()));
    if (feed.source.kind == importers::SourceSpec::Kind::files) {
        const fs::path home = fs::weakly_canonical(directory_of(feed, settings), code);
        if (!code && whole.parent_path() == home.lexically_normal() && is_plain_file(path)) {
            const fs::path known = directory_of(feed, settings) / whole.filename();
            return {known, source_of(known, settings), true};
        }
    }
    return {whole, whole.string(), false};
}

Spool::Spool(const fs::path& directory) : directory_(directory) {
    std::error_code ignored;
    fs::create_directories(directory, ignored);
    fd_ = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd_ < 0)
        throw Error(
            Exit::cannot_create,
            fmt::format("cannot create a file in {}: {}", directory.string(), std::strerror(errno)),
            "Set import.spool to a directory that this user may write.");
    try {
        copy(STDIN_FILENO);
    } catch (...) {
        ::close(fd_);
        throw;
    }
}

Spool::~Spool() {
    ::close(fd_);
}

void Spool::copy(int from) {
    std::array<char, 65536> buffer;
    const auto failed = [](int error) { return error != EINTR; };
    while (true) {
        const ssize_t got = ::read(from, buffer.data(), buffer.size());
        throw_if_stopped();
        if (got == 0)
            return;
        if (got < 0) {
            if (failed(errno))
                throw Error(Exit::io,
                            fmt::format("cannot read standard input: {}", std::strerror(errno)));
            continue;
        }
        for (ssize_t put = 0; put < got;) {
            const ssize_t wrote =
                ::write(fd_, buffer.data() + put, static_cast<std::size_t>(got - put));
            if (wrote < 0 && failed(errno))
                throw Error(Exit::io,
                            fmt::format("cannot spool standard input in {}: {}",
                                        directory_.string(), std::strerror(errno)),
                            "Free space there, or set import.spool to another directory.");
            put += std::max<ssize_t>(wrote, 0);
        }
    }
}

FileTask Spool::task() const {
    return {fmt::format("/proc/self/fd/{}", fd_), "stdin", false};
}

} // namespace harmonia::importing

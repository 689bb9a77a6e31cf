#include "tests/support/process.hpp"

#include "tests/support/files.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace harmonia::test {
namespace {

std::string temporary_file(const char* purpose) {
    const char* base = std::getenv("TMPDIR");
    std::string name =
        std::string(base != nullptr ? base : "/tmp") + "/harmonia-" + purpose + "-XXXXXX";
    const int fd = ::mkstemp(name.data());
    if (fd < 0)
        throw std::runtime_error("mkstemp failed");
    ::close(fd);
    return name;
}

void redirect(const std::string& path, int flags, int fd) {
    const int file = ::open(path.c_str(), flags, 0600);
    if (file < 0 || ::dup2(file, fd) < 0)
        ::_exit(126);
    ::close(file);
}

[[noreturn]] void become(const Launch& launch, const std::string& in, const std::string& out,
                         const std::string& err) {
    redirect(in, O_RDONLY, STDIN_FILENO);
    redirect(out, O_WRONLY | O_TRUNC, STDOUT_FILENO);
    redirect(err, O_WRONLY | O_TRUNC, STDERR_FILENO);
    for (const auto& [key, value] : launch.environment)
        ::setenv(key.c_str(), value.c_str(), 1);
    if (launch.file_bytes_max != 0) {
        const rlimit limit{launch.file_bytes_max, launch.file_bytes_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        ::signal(SIGXFSZ, SIG_IGN); // the write then fails with EFBIG, as on a full disk
    }
    std::vector<char*> arguments;
    for (const std::string& word : launch.command)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

} // namespace

Running::Running(const Launch& launch)
    : in_path_(temporary_file("in")), out_path_(temporary_file("out")),
      err_path_(temporary_file("err")) {
    std::ofstream(in_path_, std::ios::binary) << launch.input;
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::runtime_error("fork failed");
    if (pid_ == 0)
        become(launch, in_path_, out_path_, err_path_);
}

Running::~Running() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    for (const std::string& path : {in_path_, out_path_, err_path_})
        ::unlink(path.c_str());
}

void Running::signal(int number) const {
    ::kill(pid_, number);
}

Finished Running::wait() {
    int status = 0;
    rusage usage{};
    while (::wait4(pid_, &status, 0, &usage) < 0)
        if (errno != EINTR)
            throw std::runtime_error("waitpid failed");
    pid_ = -1;
    Finished finished;
    finished.exit = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    finished.peak_kib = usage.ru_maxrss;
    finished.out = file_text(out_path_);
    finished.err = file_text(err_path_);
    return finished;
}

Finished run(const Launch& launch) {
    return Running(launch).wait();
}

std::string program(const std::string& name) {
    if (const char* folder = std::getenv("HARMONIA_TEST_BIN"))
        return (std::filesystem::path(folder) / name).string();
    const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path(); // build/tests
    return (here.parent_path() / name).string();
}

TempDir::TempDir() {
    const char* base = std::getenv("TMPDIR");
    path_ = std::string(base != nullptr ? base : "/tmp") + "/harmonia-dir-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr)
        throw std::runtime_error("mkdtemp failed");
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
}

} // namespace harmonia::test

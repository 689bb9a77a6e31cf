// Runs a program as an operator would: arguments, environment, exit code, both outputs.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace harmonia::test {

struct Finished {
    int exit = -1;     ///< exit code; 128 + signal when killed
    std::string out;   ///< standard output
    std::string err;   ///< standard error
    long peak_kib = 0; ///< the most memory it had resident
};

struct Launch {
    std::vector<std::string> command;               ///< program and arguments
    std::map<std::string, std::string> environment; ///< added to this process's own
    std::string input;                              ///< standard input
    unsigned long long file_bytes_max = 0;          ///< RLIMIT_FSIZE; 0 = none
};

/// Runs to the end.
[[nodiscard]] Finished run(const Launch& launch);

/// A program left running; killed (SIGKILL) when destroyed.
class Running {
public:
    explicit Running(const Launch& launch);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    [[nodiscard]] pid_t pid() const { return pid_; }
    void signal(int number) const;
    [[nodiscard]] Finished wait();

private:
    pid_t pid_ = -1;
    std::string in_path_, out_path_, err_path_;
};

/// build/harmonia and build/harmonia-gen: beside this test program, or HARMONIA_TEST_BIN.
[[nodiscard]] std::string program(const std::string& name);

/// A directory of its own below TMPDIR, removed when destroyed.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string write(const std::string& name, const std::string& text) const;

private:
    std::string path_;
};

} // namespace harmonia::test

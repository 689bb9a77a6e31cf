// Runs a command and says what it took.
//
//   bench_timed REPORT COMMAND [ARGUMENT...]
//
// Writes `SECONDS PEAK_KIB EXIT` to the file REPORT: wall time, the largest resident set of the
// command's processes, and its exit code, with which it also ends. Beside the command's own outputs
// it prints nothing.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: bench_timed REPORT COMMAND [ARGUMENT...]\n");
        return 64;
    }
    const auto start = std::chrono::steady_clock::now();
    const pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        std::perror(argv[2]);
        _exit(127);
    }
    int status = 0;
    rusage usage{};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) {
        std::perror("bench_timed");
        return 1;
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    std::FILE* report = std::fopen(argv[1], "w");
    if (report == nullptr) {
        std::perror(argv[1]);
        return 73;
    }
    std::fprintf(report, "%.4f %ld %d\n", spent.count(), usage.ru_maxrss, code);
    std::fclose(report);
    return code;
}

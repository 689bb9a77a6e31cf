// Metrics for node_exporter's textfile collector: one file `harmonia_<task>.prom` for each task. It
// is replaced as a whole, so a scrape never sees half a file, and tasks never overwrite each other.
//
// Counters grow over runs, which are separate processes: the file itself holds the last values. If
// it cannot be read they start again from zero, as counters may. Two runs of one task that end at
// the same instant may lose one addition; ops.job_run is the exact record.
//
// Files have mode 0640: give the directory the collector's group and the setgid bit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::observe {

using Labels =
    std::vector<std::pair<std::string, std::string>>; ///< name, value; in the order printed

/// The samples of one file. Names with their HELP and TYPE lines are fixed in metrics.cpp, because
/// a collector refuses files that differ in them; any other name throws Error(internal).
class Metrics {
public:
    /// Starts with the samples in `file`, if it exists.
    explicit Metrics(std::filesystem::path file);
    void set(const std::string& name, const Labels& labels, double value);         ///< gauges
    void add(const std::string& name, const Labels& labels, std::uint64_t amount); ///< counters
    /// In text format 0.0.4, families and samples sorted.
    [[nodiscard]] std::string text() const;
    /// Error(io | cannot_create | permission) naming the file.
    void write() const;

private:
    void read(const std::string& text);
    std::filesystem::path file_;
    std::map<std::string, std::map<std::string, std::string>> families_; ///< name → labels → value
};

/// The metrics of a finished run.
struct RunEnd {
    std::string task;    ///< the command, or the scheduled job's name: [a-z0-9_-]+
    std::string outcome; ///< as in ops.job_run
    bool success = false;
    std::int64_t ended_at_s = 0; ///< seconds since 1970
    double duration_s = 0;
    struct Records {
        std::string stage, result;
        std::uint64_t count;
    };
    std::vector<Records> records;
};

/// Adds one run to `directory`/harmonia_<task>.prom.
void write_run_metrics(const std::filesystem::path& directory, const RunEnd& end);

} // namespace harmonia::observe

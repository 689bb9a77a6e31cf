// Metrics for node_exporter's textfile collector: one file `harmonia_<task>.prom` a task, replaced
// whole, so that a scrape never sees half of one and tasks never erase each other.
//
// Counters must grow over runs, which are processes of their own: the file itself remembers. A file
// that cannot be read starts again from zero, as a counter may. Two copies of one task that end in
// the same instant may lose one of their additions; ops.job_run is the exact record.
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

/// The samples of one file. Names and their HELP and TYPE lines are fixed in metrics.cpp, since a
/// collector refuses files that differ in them; another name throws Error(internal).
class Metrics {
public:
    /// Takes over what `file` holds, if it is there.
    explicit Metrics(std::filesystem::path file);
    void set(const std::string& name, const Labels& labels, double value);         ///< gauges
    void add(const std::string& name, const Labels& labels, std::uint64_t amount); ///< counters
    /// In the text format 0.0.4, families and samples sorted.
    [[nodiscard]] std::string text() const;
    /// Error(io | cannot_create | permission) naming the file.
    void write() const;

private:
    void read(const std::string& text);
    std::filesystem::path file_;
    std::map<std::string, std::map<std::string, std::string>> families_; ///< name → labels → value
};

/// What a finished run tells.
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

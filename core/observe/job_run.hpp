// One row of ops.job_run for each run: who ran what, when, with which version, and how it ended. It
// is the audit trail, so a run that cannot open its row does not start.
#pragma once

#include "core/db/connection.hpp"

#include <memory>
#include <string>

namespace harmonia::observe {

/// A random UUID (version 4) as text.
[[nodiscard]] std::string new_run_id();

/// This machine's name, or `unknown`.
[[nodiscard]] std::string host_name();

/// The constructor opens the row (and determines host, operating system user and process id). If a
/// kill leaves it unclosed, the row has no `ended_at`: `status` shows it as running or killed.
class JobRun {
public:
    struct Start {
        std::string run_id;    ///< UUID
        std::string command;   ///< `import`
        std::string arguments; ///< as typed, without secrets
        std::string version;   ///< of the program
    };
    /// Also creates missing partitions of the database (db::ensure_partitions), so that jobs alone
    /// keep it in order; a role without the privilege gets a warning. Throws db::Failure if the row
    /// cannot be written.
    JobRun(const db::Settings& settings, const Start& start);
    ~JobRun();
    JobRun(const JobRun&) = delete;
    JobRun& operator=(const JobRun&) = delete;

    /// `outcome`: done, rejected, difference, refused, interrupted or failed; `counts_json`: one
    /// JSON object; `message`: for people. A session that was lost meanwhile is replaced once:
    /// writing the same end twice is harmless.
    void close(const std::string& outcome, int exit_code, const std::string& counts_json,
               const std::string& message);
    /// The same for a run that ends with an error, which must not be hidden by another one: a
    /// failure to write is only logged.
    void close_quietly(const std::string& outcome, int exit_code,
                       const std::string& message) noexcept;

    /// The session that wrote the row; idle between open and close.
    [[nodiscard]] db::Connection& connection() { return *connection_; }

private:
    void open();
    void write_end(const std::string& outcome, int exit_code, const std::string& counts_json,
                   const std::string& message);
    db::Settings settings_;
    Start start_;
    std::unique_ptr<db::Connection> connection_;
    std::string started_at_; ///< selects the partition, so that not all are scanned
};

} // namespace harmonia::observe

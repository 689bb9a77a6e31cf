// One row of ops.job_run a run: who ran what, when, with which version, how it ended. It is the
// audit trail, so a run that cannot open its row does not start.
#pragma once

#include "core/db/connection.hpp"

#include <memory>
#include <string>

namespace harmonia::observe {

/// A random UUID (version 4) as text.
[[nodiscard]] std::string new_run_id();

/// This machine's name, or `unknown`.
[[nodiscard]] std::string host_name();

/// Opens the row when made (host, operating system's user and process id are found here). Left
/// unclosed, by a kill, the row stays without `ended_at`: `status` shows it as running or killed.
class JobRun {
public:
    struct Start {
        std::string run_id;    ///< UUID
        std::string command;   ///< `import`
        std::string arguments; ///< as typed, without secrets
        std::string version;   ///< of the program
    };
    /// Also makes missing partitions of this database (db::ensure_partitions), so that a machine on
    /// which nothing but jobs runs never lacks one; a role that may not is only warned. Throws
    /// db::Failure when the row cannot be written.
    JobRun(const db::Settings& settings, const Start& start);
    ~JobRun();
    JobRun(const JobRun&) = delete;
    JobRun& operator=(const JobRun&) = delete;

    /// `outcome`: done, rejected, difference, refused, interrupted or failed; `counts_json` one
    /// JSON object; `message` for people. A session lost meanwhile is replaced once: writing the
    /// same end twice is harmless.
    void close(const std::string& outcome, int exit_code, const std::string& counts_json,
               const std::string& message);
    /// The same for a run that ends with an error, whose report must not be hidden by another: a
    /// failure to write is logged.
    void close_quietly(const std::string& outcome, int exit_code,
                       const std::string& message) noexcept;

    /// The session the row was written on; idle between open and close.
    [[nodiscard]] db::Connection& connection() { return *connection_; }

private:
    void open();
    void write_end(const std::string& outcome, int exit_code, const std::string& counts_json,
                   const std::string& message);
    db::Settings settings_;
    Start start_;
    std::unique_ptr<db::Connection> connection_;
    std::string started_at_; ///< found by partition, not by scanning them all
};

} // namespace harmonia::observe

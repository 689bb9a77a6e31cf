#include "core/observe/job_run.hpp"

#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/db/partitions.hpp"

#include <fmt/format.h>
#include <limits.h>
#include <pwd.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace harmonia::observe {
namespace {

constexpr std::size_t k_arguments_bytes_max = 4000;
constexpr std::size_t k_message_bytes_max = 2000; // a message is a line or two, not a dump

std::string user_name() {
    passwd entry{};
    passwd* found = nullptr;
    std::array<char, 4096> buffer{};
    if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
        found != nullptr)
        return found->pw_name;
    return fmt::format("uid {}", ::geteuid());
}

// Before the row is written: ops.job_run itself is partitioned by time.
void make_partitions(db::Connection& connection) {
    try {
        db::ensure_partitions(connection);
    } catch (const db::Failure& failure) {
        if (failure.exit() != Exit::permission && failure.exit() != Exit::try_again)
            throw;
        log::warn("missing partitions were not created", {{"error", failure.what()}});
    }
}

} // namespace

std::string host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string new_run_id() {
    std::array<std::uint8_t, 16> b{};
    if (::getrandom(b.data(), b.size(), 0) != static_cast<ssize_t>(b.size()))
        throw Error(Exit::failure, "the system provides no random bytes");
    b[6] = static_cast<std::uint8_t>((b[6] & 0x0f) | 0x40); // version 4
    b[8] = static_cast<std::uint8_t>((b[8] & 0x3f) | 0x80); // variant of RFC 4122
    std::string out;
    for (std::size_t i = 0; i < b.size(); ++i)
        out += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", b[i]);
    return out;
}

JobRun::JobRun(const db::Settings& settings, const Start& start)
    : settings_(settings), start_(start), connection_(db::connect(settings)) {
    make_partitions(*connection_);
    open();
}

JobRun::~JobRun() = default;

void JobRun::open() {
    db::Transaction tx(*connection_);
    const auto rows =
        tx.exec(R"(
        INSERT INTO ops.job_run (run_id, command, arguments, host, os_user, pid, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        RETURNING started_at
    )",
                start_.run_id, start_.command, printable(start_.arguments, k_arguments_bytes_max),
                host_name(), user_name(), static_cast<int>(::getpid()), start_.version);
    started_at_ = rows.only().text("started_at");
    tx.commit(Failpoint::run_open_commit);
}

void JobRun::write_end(const std::string& outcome, int exit_code, const std::string& counts_json,
                       const std::string& message) {
    db::Transaction tx(*connection_);
    tx.exec(R"(
        UPDATE ops.job_run
        SET ended_at = clock_timestamp(),
            outcome = $3,
            exit_code = $4,
            counts = $5::jsonb,
            message = nullif($6, '')
        WHERE run_id = $1 AND started_at = $2::timestamptz
    )",
            start_.run_id, started_at_, outcome, exit_code, counts_json,
            mask_digits(printable(message, k_message_bytes_max)));
    tx.commit(Failpoint::run_close_commit);
}

void JobRun::close(const std::string& outcome, int exit_code, const std::string& counts_json,
                   const std::string& message) {
    try {
        write_end(outcome, exit_code, counts_json, message);
    } catch (const db::Failure& failure) {
        if (failure.exit() != Exit::unavailable)
            throw;
        connection_ = db::connect(settings_);
        write_end(outcome, exit_code, counts_json, message);
    }
}

void JobRun::close_quietly(const std::string& outcome, int exit_code,
                           const std::string& message) noexcept {
    try {
        // The server may be what failed: try once, do not wait for it.
        settings_.connect_wait = std::chrono::milliseconds(0);
        close(outcome, exit_code, "{}", message);
    } catch (const std::exception& error) {
        log::warn("the run's end was not recorded", {{"error", error.what()}});
    } catch (...) {
        log::warn("the run's end was not recorded");
    }
}

} // namespace harmonia::observe

// One transaction of a stage, and what becomes of rows that make it fail.
#pragma once

#include "core/db/retry.hpp"
#include "jobs/settle/accounts/stages/stage.hpp"
#include "jobs/settle/accounts/store/parked.hpp"

#include <cstdint>
#include <exception>
#include <span>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

/// Runs batches on one connection and adds up what they did.
class BatchRunner {
public:
    BatchRunner(db::Connection& connection, const StageContext& context)
        : connection_(connection), context_(context) {}

    /// Processes the rows (of whole accounts, as far as they were seen) in one transaction. If it
    /// fails twice, the accounts are halved until the failing one is alone; it is parked, and the
    /// others are processed. Errors that no account causes (connection, disk, privileges) are
    /// thrown.
    void work(Stage& stage, std::vector<PendingRow> rows);

    Counts counts;               ///< of all that was committed
    std::uint64_t rows = 0;      ///< taken and committed
    std::uint64_t busy = 0;      ///< rows whose account another process had locked
    std::uint64_t postponed = 0; ///< rows that need a realm that did not answer
    std::uint64_t largest = 0;   ///< rows of the largest transaction
    std::vector<Parked> parked;
    std::vector<std::uint32_t> sizes; ///< rows of each transaction, up to a limit

private:
    void once(Stage& stage, const std::vector<PendingRow>& seen);
    void halve(Stage& stage, const std::vector<PendingRow>& seen, const std::string& error);
    void park(const Stage& stage, const AccountKey& account, const std::string& error);
    db::Connection& connection_;
    const StageContext& context_;
    Effects effects_;
};

/// How often a transaction that met another process is repeated, and with which pauses.
inline constexpr db::RetryLimit k_batch_retries{
    .tries = 9, // the first, and the 8 retries of the protocol's reference
    .pause_max = std::chrono::seconds(10)};

/// Writes back the accounts that changed (updates and new rows) and all effects.
void write_back(db::Transaction& tx, std::span<const LockedAccount> accounts, Touched touched,
                Effects& effects, const Delivery& delivery);

Counts& operator+=(Counts& sum, const Counts& more);

/// Whether an error is about the rows of the batch rather than about the environment.
[[nodiscard]] bool is_data_error(const std::exception& error);

} // namespace harmonia::settle::accounts

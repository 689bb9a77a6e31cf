// One transaction of a stage, and what becomes of rows that make it fail.
#pragma once

#include "jobs/settle/accounts/stage.hpp"

#include <exception>
#include <functional>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

/// An account whose rows failed alone: left in the tables, noted in accounts.parked_account.
struct Parked {
    AccountKey account;
    std::string stage, error;
};

class Batches {
public:
    Batches(db::Connection& connection, const Surroundings& around)
        : connection_(connection), around_(around) {}

    /// Does the rows (of whole accounts, as far as they were seen) in one transaction. If it fails
    /// twice, the accounts are halved until the failing one is alone; it is parked and the rest
    /// done. Errors that are no account's fault (connection, disk, privileges) come out.
    void work(Stage& stage, std::vector<Waiting> rows);

    Counts counts;             ///< of all that was committed
    std::uint64_t rows = 0;    ///< taken and committed
    std::uint64_t busy = 0;    ///< rows whose account another process held
    std::uint64_t put_off = 0; ///< rows that wait for a realm that did not answer
    std::uint64_t largest = 0; ///< rows of the greatest transaction
    std::vector<Parked> parked;
    std::vector<std::uint32_t> sizes; ///< rows of each transaction, the first so many

private:
    void once(Stage& stage, const std::vector<Waiting>& rows);
    void halve(Stage& stage, const std::vector<Waiting>& rows, const std::string& error);
    void park(const Stage& stage, const AccountKey& account, const std::string& error);
    db::Connection& connection_;
    const Surroundings& around_;
    Effects effects_;
};

/// Writes back accounts that changed: updates, new rows, and all effects; tells who flushes the
/// outbox.
void write_back(db::Transaction& tx, std::span<const Held> all, Touched touched, Effects& effects,
                const Delivery& delivery);

Counts& operator+=(Counts& sum, const Counts& more);

/// Whether an error speaks of the rows at hand rather than of the world around.
[[nodiscard]] bool blames_rows(const std::exception& error);

/// Runs `act` again when it met another process (Collision, serialization, deadlock), a bounded
/// number of times with growing random pauses.
void despite_others(const std::function<void()>& act);

} // namespace harmonia::settle::accounts

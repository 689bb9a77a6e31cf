// One stage: a kind of pending row, and what happens to those of one account under its lock.
#pragma once

#include "core/base/failpoint.hpp"
#include "jobs/settle/accounts/fetch/reachability.hpp"
#include "jobs/settle/accounts/store/requests.hpp"
#include "jobs/settle/accounts/store/store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

/// What stages work with, the same for a whole run.
struct StageContext {
    Terms terms;
    Delivery delivery;
    /// After a shard was split: rows of the other half are dropped instead of left alone.
    bool drop_foreign = false;
    /// How long a transfer may be postponed for a realm that does not answer; then it is rejected.
    std::int64_t reach_patience_us = 60'000'000;
    Reachability* reachability = nullptr;
};

/// An account of the current batch: its row, or the gap where the row would be.
struct LockedAccount {
    AccountKey key;
    std::optional<Account> account;
    bool existed = false, changed = false;
    std::vector<std::size_t> rows; ///< indexes into BatchContext::rows
};

/// One batch, inside its transaction.
struct BatchContext {
    const StageContext& run;
    std::int64_t now_us;
    Effects& effects;
    const db::Result& rows; ///< as taken
};

class Stage {
public:
    virtual ~Stage() = default;
    [[nodiscard]] virtual const char* name() const = 0; ///< as typed: `balance-changes`
    [[nodiscard]] virtual const PendingTable& table() const = 0;
    [[nodiscard]] virtual Failpoint commit_point() const = 0;
    [[nodiscard]] virtual Touched touched() const { return Touched::money; }

    /// Asks other realms, outside any transaction, what the decisions will need; removes the rows
    /// that cannot be decided now. Returns how many it removed.
    virtual std::size_t peek_ahead(const StageContext&, std::vector<PendingRow>&) { return 0; }
    /// Reads what else belongs to the taken rows.
    virtual void read(db::Transaction&, const BatchContext&) {}
    /// Decides the rows of one account.
    virtual void decide(const BatchContext& batch, LockedAccount& locked) = 0;
    /// Called when all accounts of the batch are decided.
    virtual void conclude(const BatchContext&, std::span<LockedAccount>) {}
};

/// All stages in the order in which a round runs them.
[[nodiscard]] std::vector<std::unique_ptr<Stage>> make_stages();
[[nodiscard]] std::unique_ptr<Stage> make_configure();
[[nodiscard]] std::unique_ptr<Stage> make_transfers();
[[nodiscard]] std::unique_ptr<Stage> make_finalizations();
[[nodiscard]] std::unique_ptr<Stage> make_balance_changes();
[[nodiscard]] std::unique_ptr<Stage> make_chores();

} // namespace harmonia::settle::accounts

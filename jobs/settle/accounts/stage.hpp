// One stage: a kind of waiting row, and what happens to those of one account under its lock.
#pragma once

#include "core/base/failpoint.hpp"
#include "jobs/settle/accounts/load.hpp"
#include "jobs/settle/accounts/reachability.hpp"
#include "jobs/settle/accounts/store.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace harmonia::settle::accounts {

/// What stages work with, the same for a whole run.
struct Surroundings {
    Terms terms;
    Delivery delivery;
    /// After a shard was split: rows of the other half are dropped instead of left alone.
    bool drop_foreign = false;
    /// So long a transfer may wait for a realm that does not answer, then it is refused.
    std::int64_t reach_patience_us = 60'000'000;
    Reachability* reachability = nullptr;
};

/// An account of the batch at hand.
struct Held {
    AccountKey key;
    std::optional<Account> account;
    bool existed = false, changed = false;
    std::vector<std::size_t> rows; ///< of the result that was taken
};

/// One batch, inside its transaction.
struct Scene {
    const Surroundings& around;
    std::int64_t now_us;
    Effects& effects;
    const db::Result& rows;
};

class Stage {
public:
    virtual ~Stage() = default;
    [[nodiscard]] virtual const char* name() const = 0; ///< as typed: `balance-changes`
    [[nodiscard]] virtual const WaitingTable& table() const = 0;
    [[nodiscard]] virtual Failpoint commit_point() const = 0;
    [[nodiscard]] virtual Touched touched() const { return Touched::money; }

    /// Asks, outside any transaction, what the decisions will need from elsewhere; removes the rows
    /// that cannot be decided now. Returns how many it removed.
    virtual std::size_t look_ahead(const Surroundings&, std::vector<Waiting>&) { return 0; }
    /// Reads what else belongs to the rows taken.
    virtual void read(db::Transaction&, const Scene&) {}
    /// Decides the rows of one account.
    virtual void decide(const Scene& scene, Held& held) = 0;
    /// After all of the batch were decided.
    virtual void conclude(const Scene&, std::span<Held>) {}
};

/// All stages in the order in which a round does them.
[[nodiscard]] std::vector<std::unique_ptr<Stage>> make_stages();
[[nodiscard]] std::unique_ptr<Stage> make_configure();
[[nodiscard]] std::unique_ptr<Stage> make_transfers();
[[nodiscard]] std::unique_ptr<Stage> make_finalizations();
[[nodiscard]] std::unique_ptr<Stage> make_balance_changes();
[[nodiscard]] std::unique_ptr<Stage> make_chores();

} // namespace harmonia::settle::accounts

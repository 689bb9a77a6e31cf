// A shard in memory: rows, open transfers and changes in flight. Random operations run through the
// procedures; the invariants are checked after each.
#pragma once

#include "jobs/settle/accounts/procedures/decide_changes.hpp"
#include "jobs/settle/accounts/procedures/decide_configure.hpp"
#include "jobs/settle/accounts/procedures/decide_scan.hpp"
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "tests/unit/settle/rows.hpp"

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace harmonia::test {

class Ledger {
public:
    explicit Ledger(std::uint64_t seed);
    /// One random operation; returns the invariant broken afterwards, or an empty string.
    std::string step();
    [[nodiscard]] const settle::accounts::Counts& counts() const { return total_; }

private:
    using Account = settle::accounts::Account;
    using Key = settle::accounts::AccountKey;
    /// What the receivers of one account's signals know.
    struct Known {
        std::int64_t transfer_number = 0;
        std::map<std::pair<std::int64_t, std::int32_t>, std::string> announced;
    };

    std::size_t below(std::size_t limit) { return random_() % limit; }
    std::int64_t amount();
    Key some_key();
    std::optional<Account>& row(const Key& key) { return rows_[key]; }

    void configure(const Key& key);
    void prepare(const Key& key);
    void finalize(const Key& key);
    void deliver(const Key& key);
    void chore(const Key& key);
    void scan(const Key& key);
    void absorb();
    void count();

    [[nodiscard]] std::string check(const Key& key, const std::optional<Account>& before);
    [[nodiscard]] std::string check_sums() const;
    [[nodiscard]] std::string check_row(const Key& key, const Account& account) const;
    [[nodiscard]] std::string check_signals(const Key& key, const std::optional<Account>& before);
    [[nodiscard]] std::string check_finalized();
    [[nodiscard]] std::string check_progress(const Account& before, const Account& after) const;

    std::mt19937_64 random_;
    std::int64_t now_ = k_now;
    std::int64_t change_id_ = 0;
    std::int32_t config_seqnum_ = 0;
    settle::accounts::Terms terms_;
    settle::accounts::Effects effects_;
    settle::accounts::Counts total_;
    std::map<Key, std::optional<Account>> rows_;
    std::map<std::pair<Key, std::int64_t>, settle::accounts::OpenTransfer> open_;
    std::vector<smp::PendingBalanceChange> in_flight_;
    std::map<Key, Known> known_;
    std::set<std::pair<Key, std::int64_t>> finalized_;
};

} // namespace harmonia::test

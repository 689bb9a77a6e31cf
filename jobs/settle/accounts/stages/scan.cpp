#include "jobs/settle/accounts/stages/scan.hpp"

#include "core/base/stop.hpp"
#include "jobs/settle/accounts/procedures/decide_changes.hpp"
#include "jobs/settle/accounts/procedures/decide_configure.hpp"
#include "jobs/settle/accounts/procedures/decide_scan.hpp"
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "jobs/settle/accounts/stages/batch.hpp"
#include "jobs/settle/accounts/stages/scan_foreign.hpp"

#include <algorithm>
#include <map>

namespace harmonia::settle::accounts {
namespace {

/// A pass over accounts.
class AccountScan {
public:
    AccountScan(db::Connection& connection, const StageContext& run, std::size_t slice)
        : connection_(connection), run_(run), slice_(slice) {}

    Counts work() {
        AccountKey behind = Cursor::start().account;
        while (true) {
            throw_if_stopped();
            const auto accounts = read(behind);
            if (accounts.empty())
                return sum_;
            behind = accounts.back().key;
            learn_roots(accounts);
            std::vector<AccountKey> candidates;
            for (const Account& account : accounts)
                if (is_candidate(account))
                    candidates.push_back(account.key);
            if (!candidates.empty())
                db::retry_on_conflict(k_batch_retries, [&] { process(candidates); });
            if (accounts.size() < slice_)
                return sum_;
        }
    }

private:
    // Without locks: what is seen here only selects.
    std::vector<Account> read(const AccountKey& behind) {
        db::Transaction tx(connection_);
        now_us_ = db::server_time(tx).us;
        auto accounts = accounts_behind(tx, behind, slice_);
        tx.rollback();
        return accounts;
    }

    // Slices rise by debtor: earlier debtors do not come again.
    void learn_roots(const std::vector<Account>& accounts) {
        std::vector<std::int64_t> debtors;
        for (const Account& account : accounts)
            if (!roots_.contains(account.key.debtor_id) &&
                (debtors.empty() || debtors.back() != account.key.debtor_id))
                debtors.push_back(account.key.debtor_id);
        std::erase_if(roots_, [&](const auto& known) {
            return known.first < accounts.front().key.debtor_id;
        });
        const auto answers = run_.reachability->root_configs(debtors);
        for (std::size_t i = 0; i < debtors.size(); ++i)
            roots_[debtors[i]] = answers.at(i);
    }

    [[nodiscard]] const smp::RootConfig* root_of(const Account& account) const {
        const auto root = roots_.find(account.key.debtor_id);
        return root != roots_.end() && root->second.found == Reach::yes ? &root->second.config
                                                                        : nullptr;
    }
    [[nodiscard]] bool owned(const Account& account) const {
        return run_.delivery.realm.owns(account.key);
    }
    [[nodiscard]] bool is_removable(const Account& account) const {
        return owned(account) ? is_purgeable(account, run_.terms, now_us_)
                              : run_.drop_foreign && is_leftover(run_.delivery.realm, account.key);
    }
    [[nodiscard]] bool differs_from_root(const Account& account) const {
        const smp::RootConfig* root = root_of(account);
        return root != nullptr && (wants_rate(account, *root, run_.terms, now_us_) ||
                                   wants_debtor_info(account, *root));
    }
    [[nodiscard]] bool is_candidate(const Account& account) const {
        if (is_removable(account))
            return true;
        return owned(account) &&
               (needs_update(account, run_.terms, now_us_) ||
                wants_deletion(account, run_.terms, now_us_) ||
                wants_capitalization(account, run_.terms, now_us_) || differs_from_root(account));
    }

    // One transaction: the candidates again, under their locks.
    void process(const std::vector<AccountKey>& candidates) {
        effects_.clear();
        db::Transaction tx(connection_);
        now_us_ = db::server_time(tx).us;
        std::vector<LockedAccount> accounts;
        std::vector<AccountKey> removed;
        for (Account& account : lock_accounts(tx, candidates)) {
            if (is_removable(account)) {
                if (owned(account))
                    purge(account, now_us_, effects_);
                removed.push_back(account.key);
                continue;
            }
            if (!owned(account))
                continue;
            LockedAccount locked{account.key, std::move(account), true, false, {}};
            locked.changed = process(*locked.account);
            accounts.push_back(std::move(locked));
        }
        delete_accounts(tx, removed);
        write_back(tx, accounts, Touched::all, effects_, run_.delivery);
        tx.commit(Failpoint::settle_scan_commit);
        sum_ += effects_.counts;
    }

    // The update comes last, so that it announces the other changes too.
    bool process(Account& account) {
        const Terms& terms = run_.terms;
        bool changed = false;
        if (wants_deletion(account, terms, now_us_))
            changed = try_to_delete(account, terms, now_us_, effects_) != Deletion::absent;
        if (wants_capitalization(account, terms, now_us_))
            changed = capitalize(account, terms, now_us_, effects_) || changed;
        if (differs_from_root(account))
            changed = follow_root(account, *root_of(account), terms, now_us_, effects_) || changed;
        if (needs_update(account, terms, now_us_)) {
            heartbeat(account, terms, now_us_, effects_);
            changed = true;
        }
        return changed;
    }

    db::Connection& connection_;
    const StageContext& run_;
    std::size_t slice_;
    std::int64_t now_us_ = 0;
    std::map<std::int64_t, RootLookup> roots_;
    Effects effects_;
    Counts sum_;
};

/// A pass over open transfers, which reminds the coordinators of old ones. Under the senders'
/// locks, so that no finalization works on the same transfer.
class TransferScan {
public:
    TransferScan(db::Connection& connection, const StageContext& run, std::size_t slice)
        : connection_(connection), run_(run), slice_(slice) {}

    Counts work() {
        TransferKey behind{Cursor::start().account, 0};
        while (true) {
            throw_if_stopped();
            const auto transfers = read(behind);
            if (transfers.empty())
                return sum_;
            behind = {transfers.back().sender, transfers.back().transfer_id};
            std::vector<TransferKey> candidates;
            for (const OpenTransfer& transfer : transfers)
                if (run_.delivery.realm.owns(transfer.sender) &&
                    wants_reminder(transfer, run_.terms, now_us_))
                    candidates.emplace_back(transfer.sender, transfer.transfer_id);
            if (!candidates.empty())
                db::retry_on_conflict(k_batch_retries, [&] { process(candidates); });
            if (transfers.size() < slice_)
                return sum_;
        }
    }

private:
    std::vector<OpenTransfer> read(const TransferKey& behind) {
        db::Transaction tx(connection_);
        now_us_ = db::server_time(tx).us;
        auto transfers = open_transfers_behind(tx, behind, slice_);
        tx.rollback();
        return transfers;
    }

    void process(const std::vector<TransferKey>& candidates) {
        effects_.clear();
        db::Transaction tx(connection_);
        now_us_ = db::server_time(tx).us;
        std::vector<AccountKey> senders;
        for (const auto& [sender, id] : candidates)
            if (senders.empty() || senders.back() != sender)
                senders.push_back(sender);
        std::vector<AccountKey> locked;
        for (const Account& account : lock_accounts(tx, senders))
            locked.push_back(account.key);
        std::vector<TransferKey> reminded;
        for (OpenTransfer& transfer : open_transfers(tx, candidates)) {
            if (!std::binary_search(locked.begin(), locked.end(), transfer.sender) ||
                !wants_reminder(transfer, run_.terms, now_us_))
                continue;
            remind(transfer, now_us_, effects_);
            reminded.emplace_back(transfer.sender, transfer.transfer_id);
        }
        store_reminded(tx, reminded);
        write_back(tx, {}, Touched::locks, effects_, run_.delivery);
        tx.commit(Failpoint::settle_scan_commit);
        sum_ += effects_.counts;
    }

    db::Connection& connection_;
    const StageContext& run_;
    std::size_t slice_;
    std::int64_t now_us_ = 0;
    Effects effects_;
    Counts sum_;
};

} // namespace

Counts scan(db::Connection& connection, const StageContext& run, const Settings& settings) {
    if (run.drop_foreign)
        drop_foreign_messages(connection, settings);
    Counts sum = AccountScan(connection, run, settings.batch_rows).work();
    sum += TransferScan(connection, run, settings.batch_rows).work();
    if (run.drop_foreign)
        drop_foreign_history(connection, settings);
    return sum;
}

} // namespace harmonia::settle::accounts

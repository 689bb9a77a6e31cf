#include "jobs/settle/accounts/scan.hpp"

#include "core/base/stop.hpp"
#include "jobs/settle/accounts/batch.hpp"
#include "jobs/settle/accounts/decide_changes.hpp"
#include "jobs/settle/accounts/decide_configure.hpp"
#include "jobs/settle/accounts/decide_scan.hpp"
#include "jobs/settle/accounts/scan_foreign.hpp"
#include "jobs/settle/accounts/sql_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace harmonia::settle::accounts {
namespace {

using Roots = std::map<std::int64_t, RootLookup>;

/// A pass over accounts.
class AccountScan {
public:
    AccountScan(db::Connection& connection, const Surroundings& around, std::size_t slice)
        : connection_(connection), around_(around), slice_(slice) {}

    Counts work() {
        Cursor behind = Cursor::start();
        while (true) {
            throw_if_stopped();
            const auto rows = read(behind);
            if (rows.empty())
                return sum_;
            behind.account = rows.back().key;
            learn_roots(rows);
            std::vector<AccountKey> candidates;
            for (const Account& account : rows)
                if (wants_anything(account))
                    candidates.push_back(account.key);
            if (!candidates.empty())
                despite_others([&] { attend(candidates); });
            if (rows.size() < slice_)
                return sum_;
        }
    }

private:
    // Without locks: what is seen here only selects.
    std::vector<Account> read(const Cursor& behind) {
        db::Transaction tx(connection_);
        now_us_ = transaction_time(tx);
        const db::Result found =
            tx.exec(fmt::format("SELECT {} FROM accounts.account a WHERE (a.debtor_id, "
                                "a.creditor_id) > ($1::bigint, $2::bigint) "
                                "ORDER BY a.debtor_id, a.creditor_id LIMIT $3",
                                account_columns()),
                    behind.account.debtor_id, behind.account.creditor_id, slice_);
        tx.rollback();
        std::vector<Account> accounts;
        for (std::size_t row = 0; row < found.size(); ++row)
            accounts.push_back(account_from(found, row));
        return accounts;
    }

    // Slices rise by debtor: what is known of earlier debtors is not asked for again.
    void learn_roots(const std::vector<Account>& accounts) {
        std::vector<std::int64_t> debtors;
        for (const Account& account : accounts)
            if (!roots_.contains(account.key.debtor_id) &&
                (debtors.empty() || debtors.back() != account.key.debtor_id))
                debtors.push_back(account.key.debtor_id);
        std::erase_if(roots_, [&](const auto& known) {
            return known.first < accounts.front().key.debtor_id;
        });
        const auto answers = around_.reachability->root_configs(debtors);
        for (std::size_t i = 0; i < debtors.size(); ++i)
            roots_[debtors[i]] = answers.at(i);
    }

    [[nodiscard]] const smp::RootConfig* root_of(const Account& account) const {
        const auto root = roots_.find(account.key.debtor_id);
        return root != roots_.end() && root->second.found == Reach::yes ? &root->second.config
                                                                        : nullptr;
    }
    [[nodiscard]] bool owned(const Account& account) const {
        return around_.delivery.realm.owns(account.key);
    }
    [[nodiscard]] bool goes(const Account& account) const {
        return owned(account)
                   ? is_purgeable(account, around_.terms, now_us_)
                   : around_.drop_foreign && is_leftover(around_.delivery.realm, account.key);
    }
    [[nodiscard]] bool wants_root(const Account& account) const {
        const smp::RootConfig* root = root_of(account);
        return root != nullptr && (wants_rate(account, *root, around_.terms, now_us_) ||
                                   wants_debtor_info(account, *root));
    }
    [[nodiscard]] bool wants_anything(const Account& account) const {
        if (goes(account))
            return true;
        return owned(account) &&
               (needs_update(account, around_.terms, now_us_) ||
                wants_deletion(account, around_.terms, now_us_) ||
                wants_capitalization(account, around_.terms, now_us_) || wants_root(account));
    }

    // One transaction: the candidates again, under their locks.
    void attend(const std::vector<AccountKey>& candidates) {
        effects_.clear();
        db::Transaction tx(connection_);
        now_us_ = transaction_time(tx);
        std::vector<Held> held;
        std::vector<AccountKey> gone;
        for (Account& account : lock_accounts(tx, candidates)) {
            if (goes(account)) {
                if (owned(account))
                    purge(account, now_us_, effects_);
                gone.push_back(account.key);
                continue;
            }
            if (!owned(account))
                continue;
            Held one{account.key, std::move(account), true, false, {}};
            one.changed = attend(*one.account);
            held.push_back(std::move(one));
        }
        delete_accounts(tx, gone);
        write_back(tx, held, Touched::all, effects_, around_.delivery);
        tx.commit(Failpoint::settle_scan_commit);
        sum_ += effects_.counts;
    }

    // The update comes last, so that it tells of what the rest has changed.
    bool attend(Account& account) {
        const Terms& terms = around_.terms;
        bool changed = false;
        if (wants_deletion(account, terms, now_us_))
            changed = try_to_delete(account, terms, now_us_, effects_) != Deletion::absent;
        if (wants_capitalization(account, terms, now_us_))
            changed = capitalize(account, terms, now_us_, effects_) || changed;
        if (wants_root(account))
            changed = follow_root(account, *root_of(account), terms, now_us_, effects_) || changed;
        if (needs_update(account, terms, now_us_)) {
            heartbeat(account, terms, now_us_, effects_);
            changed = true;
        }
        return changed;
    }

    static void delete_accounts(db::Transaction& tx, const std::vector<AccountKey>& keys) {
        if (keys.empty())
            return;
        ArrayText debtors, creditors;
        for (const AccountKey& key : keys) {
            debtors.add(key.debtor_id);
            creditors.add(key.creditor_id);
        }
        tx.exec("DELETE FROM accounts.prepared_transfer p USING unnest($1::bigint[], "
                "$2::bigint[]) AS k (debtor_id, creditor_id) WHERE p.debtor_id = k.debtor_id "
                "AND p.sender_creditor_id = k.creditor_id",
                debtors.param(), creditors.param());
        tx.exec("DELETE FROM accounts.account a USING unnest($1::bigint[], $2::bigint[]) "
                "AS k (debtor_id, creditor_id) WHERE a.debtor_id = k.debtor_id "
                "AND a.creditor_id = k.creditor_id",
                debtors.param(), creditors.param());
    }

    db::Connection& connection_;
    const Surroundings& around_;
    std::size_t slice_;
    std::int64_t now_us_ = 0;
    Roots roots_;
    Effects effects_;
    Counts sum_;
};

/// A pass over open transfers: who prepared long ago is reminded. Under the senders' locks, so that
/// no finalization is at work on the same transfer.
class TransferScan {
public:
    TransferScan(db::Connection& connection, const Surroundings& around, std::size_t slice)
        : connection_(connection), around_(around), slice_(slice) {}

    Counts work() {
        std::pair<AccountKey, std::int64_t> behind{Cursor::start().account, 0};
        while (true) {
            throw_if_stopped();
            const auto rows = read(behind);
            if (rows.empty())
                return sum_;
            behind = {rows.back().sender, rows.back().transfer_id};
            std::vector<std::pair<AccountKey, std::int64_t>> candidates;
            for (const PreparedTransfer& row : rows)
                if (around_.delivery.realm.owns(row.sender) &&
                    wants_reminder(row, around_.terms, now_us_))
                    candidates.emplace_back(row.sender, row.transfer_id);
            if (!candidates.empty())
                despite_others([&] { attend(candidates); });
            if (rows.size() < slice_)
                return sum_;
        }
    }

private:
    std::vector<PreparedTransfer> read(const std::pair<AccountKey, std::int64_t>& behind) {
        db::Transaction tx(connection_);
        now_us_ = transaction_time(tx);
        const db::Result found = tx.exec(
            fmt::format("SELECT {} FROM accounts.prepared_transfer p WHERE (p.debtor_id, "
                        "p.sender_creditor_id, p.transfer_id) > ($1::bigint, $2::bigint, "
                        "$3::bigint) ORDER BY p.debtor_id, p.sender_creditor_id, p.transfer_id "
                        "LIMIT $4",
                        prepared_columns()),
            behind.first.debtor_id, behind.first.creditor_id, behind.second, slice_);
        tx.rollback();
        std::vector<PreparedTransfer> transfers;
        for (std::size_t row = 0; row < found.size(); ++row)
            transfers.push_back(prepared_from(found, row));
        return transfers;
    }

    void attend(const std::vector<std::pair<AccountKey, std::int64_t>>& candidates) {
        effects_.clear();
        db::Transaction tx(connection_);
        now_us_ = transaction_time(tx);
        std::vector<AccountKey> senders;
        for (const auto& [sender, id] : candidates)
            if (senders.empty() || senders.back() != sender)
                senders.push_back(sender);
        std::vector<AccountKey> locked;
        for (const Account& account : lock_accounts(tx, senders))
            locked.push_back(account.key);
        ArrayText debtors, creditors, ids;
        for (PreparedTransfer& transfer : open_transfers(tx, candidates)) {
            if (!std::binary_search(locked.begin(), locked.end(), transfer.sender) ||
                !wants_reminder(transfer, around_.terms, now_us_))
                continue;
            remind(transfer, now_us_, effects_);
            debtors.add(transfer.sender.debtor_id);
            creditors.add(transfer.sender.creditor_id);
            ids.add(transfer.transfer_id);
        }
        tx.exec("UPDATE accounts.prepared_transfer p SET last_reminder_ts = now() FROM "
                "unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS k (debtor_id, creditor_id, "
                "transfer_id) WHERE p.debtor_id = k.debtor_id AND p.sender_creditor_id = "
                "k.creditor_id AND p.transfer_id = k.transfer_id",
                debtors.param(), creditors.param(), ids.param());
        write_back(tx, {}, Touched::locks, effects_, around_.delivery);
        tx.commit(Failpoint::settle_scan_commit);
        sum_ += effects_.counts;
    }

    db::Connection& connection_;
    const Surroundings& around_;
    std::size_t slice_;
    std::int64_t now_us_ = 0;
    Effects effects_;
    Counts sum_;
};

} // namespace

Counts scan(db::Connection& connection, const Surroundings& around, const Settings& settings) {
    if (around.drop_foreign)
        drop_foreign_messages(connection, settings);
    Counts sum = AccountScan(connection, around, settings.batch_rows).work();
    sum += TransferScan(connection, around, settings.batch_rows).work();
    if (around.drop_foreign)
        drop_foreign_history(connection, settings);
    return sum;
}

} // namespace harmonia::settle::accounts

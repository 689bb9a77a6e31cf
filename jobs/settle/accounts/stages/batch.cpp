#include "jobs/settle/accounts/stages/batch.hpp"

#include "core/base/log.hpp"

#include <algorithm>

namespace harmonia::settle::accounts {
namespace {

constexpr std::size_t k_sizes_max = 100'000; // enough for percentiles; a follower runs for months

std::vector<AccountKey> keys_of(const std::vector<PendingRow>& rows) {
    std::vector<AccountKey> keys; // rows are in key order
    for (const PendingRow& row : rows)
        if (keys.empty() || keys.back() != row.account)
            keys.push_back(row.account);
    return keys;
}

bool key_less(const LockedAccount& locked, const AccountKey& key) {
    return locked.key < key;
}

/// The accounts that could be locked and, for rows without one, the gap where it would be; in key
/// order.
std::vector<LockedAccount> lock_all(db::Transaction& tx, const std::vector<PendingRow>& rows) {
    const auto keys = keys_of(rows);
    std::vector<LockedAccount> all;
    for (Account& account : lock_accounts(tx, keys)) {
        const AccountKey key = account.key;
        all.push_back({key, std::move(account), true, false, {}});
    }
    std::vector<AccountKey> unlocked;
    auto at = all.begin();
    for (const AccountKey& key : keys) {
        at = std::find_if_not(at, all.end(),
                              [&](const LockedAccount& locked) { return key_less(locked, key); });
        if (at == all.end() || at->key != key)
            unlocked.push_back(key);
    }
    const std::size_t existing = all.size();
    for (const AccountKey& key : missing_accounts(tx, unlocked))
        all.push_back({key, std::nullopt, false, false, {}});
    if (all.size() > existing)
        std::sort(all.begin(), all.end(),
                  [](const LockedAccount& a, const LockedAccount& b) { return a.key < b.key; });
    return all;
}

LockedAccount* find_account(std::vector<LockedAccount>& all, const AccountKey& key) {
    const auto at = std::lower_bound(all.begin(), all.end(), key, key_less);
    return at != all.end() && at->key == key ? &*at : nullptr;
}

} // namespace

Counts& operator+=(Counts& sum, const Counts& more) {
    for (const auto member :
         {&Counts::configured,  &Counts::configs_ignored, &Counts::configs_rejected,
          &Counts::created,     &Counts::resurrected,     &Counts::prepared,
          &Counts::rejected,    &Counts::committed,       &Counts::dismissed,
          &Counts::failed,      &Counts::unmatched,       &Counts::changes_applied,
          &Counts::capitalized, &Counts::rates_changed,   &Counts::infos_changed,
          &Counts::deleted,     &Counts::deleted_in_debt, &Counts::heartbeats,
          &Counts::reminders,   &Counts::purged})
        sum.*member += more.*member;
    return sum;
}

// Besides the data errors of every job: errors raised by the database's own code (XX, P0), failed
// checks, and a conflict that did not end.
bool is_data_error(const std::exception& error) {
    if (const auto* failure = dynamic_cast<const db::Failure*>(&error)) {
        const std::string kind = failure->sqlstate().substr(0, 2);
        return db::is_data_error(*failure) || kind == "XX" || kind == "P0";
    }
    const auto* known = dynamic_cast<const Error*>(&error);
    return known == nullptr || known->exit() == Exit::internal;
}

void write_back(db::Transaction& tx, std::span<const LockedAccount> accounts, Touched touched,
                Effects& effects, const Delivery& delivery) {
    std::vector<const Account*> changed, created;
    for (const LockedAccount& locked : accounts)
        if (locked.changed && locked.account)
            (locked.existed ? changed : created).push_back(&*locked.account);
    update_accounts(tx, changed, touched);
    insert_accounts(tx, created);
    store_effects(tx, effects, delivery);
}

void BatchRunner::once(Stage& stage, const std::vector<PendingRow>& seen) {
    effects_.clear();
    db::Transaction tx(connection_);
    const std::int64_t now_us = db::server_time(tx).us;
    std::vector<LockedAccount> accounts = lock_all(tx, seen);
    std::vector<const PendingRow*> mine;
    for (const PendingRow& row : seen)
        if (find_account(accounts, row.account) != nullptr)
            mine.push_back(&row);
    const std::uint64_t skipped = seen.size() - mine.size();
    if (mine.empty()) {
        busy += skipped;
        return;
    }
    const db::Result taken = take(tx, stage.table(), mine);
    for (std::size_t index = 0; index < taken.size(); ++index) {
        const db::Row row = taken.row(index);
        const AccountKey key{row.integer("debtor_id"), row.integer(stage.table().account)};
        LockedAccount* owner = find_account(accounts, key);
        if (owner == nullptr)
            throw db::Conflict("a taken row belongs to another account");
        owner->rows.push_back(index);
    }
    const BatchContext batch{context_, now_us, effects_, taken};
    stage.read(tx, batch);
    for (LockedAccount& locked : accounts)
        if (!locked.rows.empty() &&
            (!context_.drop_foreign || context_.delivery.realm.owns(locked.key)))
            stage.decide(batch, locked);
    stage.conclude(batch, accounts);
    write_back(tx, accounts, stage.touched(), effects_, context_.delivery);
    tx.commit(stage.commit_point());
    counts += effects_.counts;
    busy += skipped;
    rows += taken.size();
    largest = std::max<std::uint64_t>(largest, taken.size());
    if (sizes.size() < k_sizes_max)
        sizes.push_back(static_cast<std::uint32_t>(taken.size()));
}

void BatchRunner::work(Stage& stage, std::vector<PendingRow> seen) {
    postponed += stage.peek_ahead(context_, seen);
    if (seen.empty())
        return;
    std::string error;
    for (int attempt = 1; attempt <= 2; ++attempt) {
        try {
            return db::retry_on_conflict(
                k_batch_retries, [&] { once(stage, seen); });
        } catch (const std::exception& failure) {
            if (!is_data_error(failure))
                throw;
            error = failure.what();
            log::warn("a batch failed", {{"stage", stage.name()}, {"error", error}});
        }
    }
    halve(stage, seen, error);
}

void BatchRunner::halve(Stage& stage, const std::vector<PendingRow>& seen,
                        const std::string& error) {
    const auto keys = keys_of(seen);
    if (keys.size() == 1)
        return park(stage, keys.front(), error);
    const AccountKey middle = keys[keys.size() / 2];
    const auto cut = std::find_if(seen.begin(), seen.end(),
                                  [&](const PendingRow& row) { return !(row.account < middle); });
    work(stage, {seen.begin(), cut});
    work(stage, {cut, seen.end()});
}

void BatchRunner::park(const Stage& stage, const AccountKey& account, const std::string& error) {
    log::error("account parked", {{"stage", stage.name()},
                                  {"debtor", account.debtor_id},
                                  {"creditor", account.creditor_id},
                                  {"error", error}});
    const Parked one{account, stage.name(), error};
    db::Transaction tx(connection_);
    store_parked(tx, one);
    tx.commit(Failpoint::settle_park_commit);
    parked.push_back(one);
}

} // namespace harmonia::settle::accounts

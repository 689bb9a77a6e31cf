#include "jobs/settle/accounts/batch.hpp"

#include "core/base/log.hpp"
#include "core/base/stop.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

namespace harmonia::settle::accounts {
namespace {

constexpr int k_tries = 9; // the first, and the 8 retries of the protocol's reference
constexpr int k_pause_max_ms = 10'000;
constexpr std::size_t k_sizes_max = 100'000; // enough for percentiles; a follower runs for months

std::vector<AccountKey> keys_of(const std::vector<Waiting>& rows) {
    std::vector<AccountKey> keys; // rows are in key order
    for (const Waiting& row : rows)
        if (keys.empty() || keys.back() != row.account)
            keys.push_back(row.account);
    return keys;
}

/// Locked accounts and, for rows without one, the gap where it would be; in key order.
std::vector<Held> hold(db::Transaction& tx, const std::vector<Waiting>& rows) {
    const auto keys = keys_of(rows);
    std::vector<Held> held;
    for (Account& account : lock_accounts(tx, keys)) {
        const AccountKey key = account.key;
        held.push_back({key, std::move(account), true, false, {}});
    }
    std::vector<AccountKey> unlocked;
    auto at = held.begin();
    for (const AccountKey& key : keys) {
        at = std::find_if(at, held.end(), [&](const Held& h) { return !(h.key < key); });
        if (at == held.end() || at->key != key)
            unlocked.push_back(key);
    }
    const std::size_t locked = held.size();
    for (const AccountKey& key : missing_accounts(tx, unlocked))
        held.push_back({key, std::nullopt, false, false, {}});
    if (held.size() > locked)
        std::sort(held.begin(), held.end(),
                  [](const Held& a, const Held& b) { return a.key < b.key; });
    return held;
}

Held* find_held(std::vector<Held>& held, const AccountKey& key) {
    const auto at = std::lower_bound(held.begin(), held.end(), key,
                                     [](const Held& h, const AccountKey& k) { return h.key < k; });
    return at != held.end() && at->key == key ? &*at : nullptr;
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

bool blames_rows(const std::exception& error) {
    if (const auto* failure = dynamic_cast<const db::Failure*>(&error)) {
        const std::string kind = failure->sqlstate().substr(0, 2);
        return kind == "22" || kind == "23" || kind == "54" || kind == "XX" || kind == "P0";
    }
    const auto* known = dynamic_cast<const Error*>(&error);
    return known == nullptr || known->exit() == Exit::internal;
}

void despite_others(const std::function<void()>& act) {
    std::random_device source;
    for (int attempt = 1;; ++attempt) {
        std::string met;
        try {
            return act();
        } catch (const db::Failure& failure) {
            if (!failure.retryable() || attempt == k_tries)
                throw;
            met = failure.sqlstate();
        } catch (const Collision& collision) {
            if (attempt == k_tries)
                throw;
            met = collision.what();
        }
        log::info("batch begun again", {{"reason", met}});
        throw_if_stopped();
        if (attempt > 1) // the first retry is at once
            sleep_unless_stopped(
                static_cast<int>(std::min<unsigned>(100U << (attempt - 2), k_pause_max_ms) *
                                 (50 + source() % 51) / 100));
    }
}

void write_back(db::Transaction& tx, std::span<const Held> all, Touched touched, Effects& effects,
                const Delivery& delivery) {
    std::vector<const Account*> changed, made;
    for (const Held& held : all)
        if (held.changed && held.account)
            (held.existed ? changed : made).push_back(&*held.account);
    update_accounts(tx, changed, touched);
    insert_accounts(tx, made);
    const bool telling = !effects.signals.empty() || !effects.emitted.empty();
    store_effects(tx, effects, delivery);
    if (telling)
        tx.exec("NOTIFY harmonia_outbox");
}

void Batches::once(Stage& stage, const std::vector<Waiting>& seen) {
    effects_.clear();
    db::Transaction tx(connection_);
    const std::int64_t now_us = transaction_time(tx);
    std::vector<Held> held = hold(tx, seen);
    std::vector<const Waiting*> mine;
    for (const Waiting& row : seen)
        if (find_held(held, row.account) != nullptr)
            mine.push_back(&row);
    const std::uint64_t skipped = seen.size() - mine.size();
    if (mine.empty()) {
        busy += skipped;
        return;
    }
    const db::Result taken = take(tx, stage.table(), mine);
    for (std::size_t row = 0; row < taken.size(); ++row) {
        Held* owner = find_held(held, {taken.integer(row, 0), taken.integer(row, 1)});
        if (owner == nullptr)
            throw Collision("a row came back under another account");
        owner->rows.push_back(row);
    }
    Scene scene{around_, now_us, effects_, taken};
    stage.read(tx, scene);
    for (Held& one : held)
        if (!one.rows.empty() && (!around_.drop_foreign || around_.delivery.realm.owns(one.key)))
            stage.decide(scene, one);
    stage.conclude(scene, held);
    write_back(tx, held, stage.touched(), effects_, around_.delivery);
    tx.commit(stage.commit_point());
    counts += effects_.counts;
    busy += skipped;
    rows += taken.size();
    largest = std::max<std::uint64_t>(largest, taken.size());
    if (sizes.size() < k_sizes_max)
        sizes.push_back(static_cast<std::uint32_t>(taken.size()));
}

void Batches::work(Stage& stage, std::vector<Waiting> seen) {
    put_off += stage.look_ahead(around_, seen);
    if (seen.empty())
        return;
    std::string error;
    for (int attempt = 1; attempt <= 2; ++attempt) {
        try {
            return despite_others([&] { once(stage, seen); });
        } catch (const std::exception& failure) {
            if (!blames_rows(failure))
                throw;
            error = failure.what();
            log::warn("a batch failed", {{"stage", stage.name()}, {"error", error}});
        }
    }
    halve(stage, seen, error);
}

void Batches::halve(Stage& stage, const std::vector<Waiting>& seen, const std::string& error) {
    const auto keys = keys_of(seen);
    if (keys.size() == 1)
        return park(stage, keys.front(), error);
    const AccountKey middle = keys[keys.size() / 2];
    const auto cut = std::find_if(seen.begin(), seen.end(),
                                  [&](const Waiting& row) { return !(row.account < middle); });
    work(stage, {seen.begin(), cut});
    work(stage, {cut, seen.end()});
}

void Batches::park(const Stage& stage, const AccountKey& account, const std::string& error) {
    log::error("an account is parked", {{"stage", stage.name()},
                                        {"debtor", account.debtor_id},
                                        {"creditor", account.creditor_id},
                                        {"error", error}});
    db::Transaction tx(connection_);
    tx.exec("INSERT INTO accounts.parked_account (debtor_id, creditor_id, stage, error) "
            "VALUES ($1, $2, $3, $4) ON CONFLICT (debtor_id, creditor_id, stage) "
            "DO UPDATE SET error = excluded.error, parked_at = now()",
            account.debtor_id, account.creditor_id, stage.name(), error);
    tx.commit(Failpoint::settle_park_commit);
    parked.push_back({account, stage.name(), error});
}

} // namespace harmonia::settle::accounts

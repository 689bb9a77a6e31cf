// What a stage writes, in sets, inside the caller's transaction. The caller commits.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/procedures/decide.hpp"
#include "jobs/settle/accounts/store/load.hpp"

#include <span>

namespace harmonia::settle::accounts {

/// Which columns of an account may have changed. Each includes the one before; the strings are in
/// `all` only.
enum class Touched { locks, money, all };

/// Existing rows that are locked. db::Conflict when one is gone.
void update_accounts(db::Transaction& tx, std::span<const Account* const> accounts,
                     Touched touched);
/// New rows. db::Conflict when one exists already.
void insert_accounts(db::Transaction& tx, std::span<const Account* const> accounts);
/// Deletes accounts with their open transfers.
void delete_accounts(db::Transaction& tx, std::span<const AccountKey> keys);

/// Marks open transfers as reminded now.
void store_reminded(db::Transaction& tx, std::span<const TransferKey> transfers);

/// How balance changes reach the accounts of this realm.
struct Delivery {
    smp::Realm realm;
    bool direct = true; ///< straight into pending_balance_change, not through the broker
};

/// Everything in the effects: transfers opened and closed, changes emitted, signals into the outbox
/// (whose publisher is notified at the commit), overflows. Not the accounts, nor the rows taken.
void store_effects(db::Transaction& tx, Effects& effects, const Delivery& delivery);

} // namespace harmonia::settle::accounts

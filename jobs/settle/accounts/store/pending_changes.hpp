// Balance changes pending for their accounts, and the register that recognizes duplicates.
#pragma once

#include "core/db/connection.hpp"
#include "core/smp/messages.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace harmonia::settle::accounts {

/// Registers the changes that are new and makes them pending; returns how many were new.
/// Duplicates, also within `changes`, are left out.
std::size_t register_changes(db::Transaction& tx,
                             const std::vector<smp::PendingBalanceChange>& changes);

/// Makes changes pending that are registered already.
void copy_pending(db::Transaction& tx, std::span<const smp::PendingBalanceChange> changes);

} // namespace harmonia::settle::accounts

// What a scan does with one row: predicates that select it, and effects that need no chore. A
// statement may select more candidates; these predicates decide under the lock.
#pragma once

#include "core/smp/realm.hpp"
#include "core/smp/root_config.hpp"
#include "jobs/settle/accounts/procedures/decide.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

/// Of the other half of a shard that was split: owned by the parent realm, not by this one.
[[nodiscard]] bool is_leftover(const smp::Realm& realm, const AccountKey& key);

/// Deleted, unchanged for so long that no message or transfer can still refer to it, and created so
/// long ago that a recreated account has a later creation date.
[[nodiscard]] bool is_purgeable(const Account& account, const Terms& terms, std::int64_t now_us);
void purge(const Account& account, std::int64_t now_us, Effects& effects);

/// A change is to be announced, or the last heartbeat is too long ago.
[[nodiscard]] bool needs_update(const Account& account, const Terms& terms, std::int64_t now_us);
void heartbeat(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);

/// So small that its owner accepts to lose it; a debt always is. A root account's must be 0.
[[nodiscard]] bool has_negligible_balance(const Account& account, std::int64_t now_us);
[[nodiscard]] bool wants_deletion(const Account& account, const Terms& terms, std::int64_t now_us);
[[nodiscard]] bool wants_capitalization(const Account& account, const Terms& terms,
                                        std::int64_t now_us);
/// follow_root() would change the rate, or the debtor info.
[[nodiscard]] bool wants_rate(const Account& account, const smp::RootConfig& root,
                              const Terms& terms, std::int64_t now_us);
[[nodiscard]] bool wants_debtor_info(const Account& account, const smp::RootConfig& root);

/// Open for long and without a recent reminder: its coordinator may have forgotten it.
[[nodiscard]] bool wants_reminder(const OpenTransfer& transfer, const Terms& terms,
                                  std::int64_t now_us);

} // namespace harmonia::settle::accounts

// What a scan does with one row: predicates that select, and the effects of what needs no chore.
// A statement may select candidates more coarsely; under the lock these decide.
#pragma once

#include "core/smp/realm.hpp"
#include "core/smp/root_config.hpp"
#include "jobs/settle/accounts/decide.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

/// Of the other half of a shard that was split: owned by the parent realm, not by this one.
[[nodiscard]] bool is_leftover(const smp::Realm& realm, const AccountKey& key);

/// Deleted, unchanged for so long that no message or transfer can still refer to it, and created so
/// long ago that an account made again has a later creation date.
[[nodiscard]] bool is_purgeable(const Account& account, const Terms& terms, std::int64_t now_us);
void purge(const Account& account, std::int64_t now_us, Effects& effects);

/// A change waits to be announced, or nothing has been heard of the account for too long.
[[nodiscard]] bool needs_update(const Account& account, const Terms& terms, std::int64_t now_us);
void heartbeat(Account& account, const Terms& terms, std::int64_t now_us, Effects& effects);

/// So small that its owner does not mind losing it; debts always are. A root account's must be 0.
[[nodiscard]] bool has_negligible_balance(const Account& account, std::int64_t now_us);
[[nodiscard]] bool wants_deletion(const Account& account, const Terms& terms, std::int64_t now_us);
[[nodiscard]] bool wants_capitalization(const Account& account, const Terms& terms,
                                        std::int64_t now_us);
/// follow_root() would change the rate, or the debtor info.
[[nodiscard]] bool wants_rate(const Account& account, const smp::RootConfig& root,
                              const Terms& terms, std::int64_t now_us);
[[nodiscard]] bool wants_debtor_info(const Account& account, const smp::RootConfig& root);

/// A transfer that has been open for long, and not mentioned lately: its coordinator may have
/// forgotten it.
[[nodiscard]] bool wants_reminder(const PreparedTransfer& transfer, const Terms& terms,
                                  std::int64_t now_us);
void remind(PreparedTransfer& transfer, std::int64_t now_us, Effects& effects);

} // namespace harmonia::settle::accounts

// What the procedures of the accounting authority share: the protocol's delays, status codes and
// Effects. A procedure gets rows as they are under the account's lock, changes the account in
// place, and appends everything else that must be written in the same transaction to Effects.
//
// All procedures are pure: no database, no broker, no clock (`now_us` is one instant for the whole
// transaction). The signals of one account are in the order in which they must be published.
#pragma once

#include "core/smp/messages.hpp"
#include "core/time/zone.hpp"
#include "jobs/settle/accounts/procedures/account.hpp"
#include "jobs/settle/accounts/procedures/arithmetic.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace harmonia::settle::accounts {

using time::k_day_us;

/// The delays of an installation in microseconds; APP_… in the protocol's reference.
struct Terms {
    std::int64_t message_delay_us =
        7 * k_day_us; ///< older configurations create no account; also `ttl`
    std::int64_t intranet_delay_us = 14 * k_day_us; ///< the longest time a message may travel
    std::int64_t heartbeat_us = 7 * k_day_us;
    std::int64_t commit_period_us = 90 * k_day_us; ///< the longest life of a prepared transfer
    std::int64_t reminder_us = 7 * k_day_us;
    std::int64_t capitalization_us = 14 * k_day_us; ///< minimum time between two
    std::int64_t deletion_attempts_us = 14 * k_day_us;
    double max_interest_to_principal = 0.0001; ///< beyond it a scan capitalizes
};
/// Chores older than this are dropped, and rates change at most once in message delay + this.
inline constexpr std::int64_t k_chore_age_max_us = k_day_us;

/// A status code of the protocol.
namespace status {
inline constexpr std::string_view k_ok = "OK";
inline constexpr std::string_view k_sender_unreachable = "SENDER_IS_UNREACHABLE";
inline constexpr std::string_view k_recipient_unreachable = "RECIPIENT_IS_UNREACHABLE";
inline constexpr std::string_view k_recipient_is_sender = "RECIPIENT_SAME_AS_SENDER";
inline constexpr std::string_view k_too_many_transfers = "TOO_MANY_TRANSFERS";
inline constexpr std::string_view k_newer_interest_rate = "NEWER_INTEREST_RATE";
inline constexpr std::string_view k_insufficient = "INSUFFICIENT_AVAILABLE_AMOUNT";
inline constexpr std::string_view k_timeout = "TIMEOUT";
} // namespace status
inline constexpr std::string_view k_invalid_configuration = "INVALID_CONFIGURATION";

/// How much of a balance was lost (or given) because a principal does not go beyond ±MAX.
struct Clipped {
    AccountKey account;
    Int128 amount = 0; ///< the exact principal less the stored one
};

struct Counts {
    std::int64_t configured = 0, configs_ignored = 0, configs_rejected = 0;
    std::int64_t created = 0, resurrected = 0;
    std::int64_t prepared = 0, rejected = 0;
    std::int64_t committed = 0, dismissed = 0, failed = 0, unmatched = 0; ///< finalizations
    std::int64_t changes_applied = 0;
    std::int64_t capitalized = 0, rates_changed = 0, infos_changed = 0;
    std::int64_t deleted = 0, deleted_in_debt = 0; ///< in debt: the issuer bears the loss
    std::int64_t heartbeats = 0, reminders = 0, purged = 0;
};

/// The key of a registered balance change that has been applied.
struct AppliedChange {
    std::int64_t debtor_id = 0, other_creditor_id = 0, change_id = 0;
};

/// What a transaction must write besides the accounts themselves. Filled by many calls.
struct Effects {
    std::vector<smp::Signal> signals;
    /// Changes to other accounts; the caller assigns their change ids.
    std::vector<smp::PendingBalanceChange> emitted;
    std::vector<OpenTransfer> prepared;  ///< new rows
    std::vector<OpenTransfer> finalized; ///< rows to delete
    std::vector<AppliedChange> applied;  ///< registrations to mark, pending rows to delete
    std::vector<Clipped> clipped;
    Counts counts;
    void clear();
};

} // namespace harmonia::settle::accounts

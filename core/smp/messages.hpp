// The messages of the Swaptacular Messaging Protocol 2.1 that an accounting authority takes in and
// sends out, as values.
//
// Instants (`_us`) are microseconds since 1970-01-01 UTC, dates (`_date`) days since 1970-01-01.
// Texts are UTF-8 without U+0000. Amounts are whole numbers of the currency's smallest unit. The
// limits named here are checked by decode.hpp for what comes in; who makes a message to be sent
// keeps to them.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

namespace harmonia::smp {

inline constexpr std::int64_t k_amount_max = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t k_epoch_us = 0;                             ///< T0, "never"
inline constexpr std::int64_t k_end_of_time_us = 253'402'300'799'000'000; ///< T∞, "do not care"
inline constexpr std::int64_t k_root_creditor = 0;
inline constexpr std::int32_t k_scheduled_for_deletion = 1; ///< bit of config_flags
inline constexpr double k_demurrage_rate = -50.0;           ///< percent a year, for every account
inline constexpr std::int32_t k_note_bytes_max = 500;

inline constexpr std::string_view k_direct = "direct"; ///< coordinator types with a meaning
inline constexpr std::string_view k_agent = "agent";   ///< here; any other passes through
inline constexpr std::string_view k_issuing = "issuing";
inline constexpr std::string_view k_interest = "interest"; ///< internal, in notifications only
inline constexpr std::string_view k_delete = "delete";

struct AccountKey {
    std::int64_t debtor_id = 0, creditor_id = 0;
    auto operator<=>(const AccountKey&) const = default;
};

/// Who drives a transfer, and its own number for it.
struct Coordinator {
    std::string type; ///< 1 to 30 ASCII characters
    std::int64_t id = 0, request_id = 0;
    bool operator==(const Coordinator&) const = default;
};

struct Note {
    std::string format; ///< [0-9A-Za-z.-]{0,8}
    std::string text;   ///< at most 500 bytes
    bool operator==(const Note&) const = default;
};

// What comes in from peers.

struct ConfigureAccount {
    AccountKey account;
    std::int64_t ts_us = 0;
    std::int32_t seqnum = 0;
    float negligible_amount = 0; ///< finite, ≥ 0
    std::int32_t config_flags = 0;
    std::string config_data; ///< at most 2000 bytes
};

struct PrepareTransfer {
    AccountKey sender;
    Coordinator coordinator;
    std::int64_t min_locked_amount = 0, max_locked_amount = 0; ///< 0 ≤ min ≤ max
    std::string recipient;                                     ///< at most 100 ASCII characters
    std::int64_t final_interest_rate_ts_us = k_end_of_time_us;
    std::int32_t max_commit_delay_s = 0; ///< ≥ 0
    std::int64_t ts_us = 0;
};

struct FinalizeTransfer {
    AccountKey sender;
    std::int64_t transfer_id = 0;
    Coordinator coordinator;
    std::int64_t committed_amount = 0; ///< ≥ 0; 0 dismisses
    Note note;
    std::int64_t ts_us = 0;
};

/// The other side of a change that was made to `other_creditor_id`: comes in and goes out. Unique
/// by (debtor, other creditor, change id).
struct PendingBalanceChange {
    AccountKey account; ///< the account to be changed
    std::int64_t other_creditor_id = 0;
    std::int64_t change_id = 0;
    std::string coordinator_type;
    Note note;
    std::int64_t committed_at_us = 0;
    std::int64_t principal_delta = 0; ///< not 0, not the least int64
};

// Chores: small local jobs, in and out.

struct ChangeInterestRate {
    AccountKey account;
    double interest_rate = 0; ///< finite; clamped when applied
    std::int64_t ts_us = 0;
};

struct DebtorInfo {
    std::string iri;          ///< at most 200 characters; empty: none
    std::string content_type; ///< at most 100 ASCII characters; empty: none
    std::string sha256;       ///< 64 upper-case hexadecimal digits; empty: none
    bool operator==(const DebtorInfo&) const = default;
};

struct UpdateDebtorInfo {
    AccountKey account;
    DebtorInfo info;
    std::int64_t ts_us = 0;
};

struct CapitalizeInterest {
    AccountKey account;
};

struct TryToDeleteAccount {
    AccountKey account;
};

using Request =
    std::variant<ConfigureAccount, PrepareTransfer, FinalizeTransfer, PendingBalanceChange>;
using Chore =
    std::variant<ChangeInterestRate, UpdateDebtorInfo, CapitalizeInterest, TryToDeleteAccount>;

// What goes out.

struct RejectedConfig {
    AccountKey account;
    std::int64_t config_ts_us = 0;
    std::int32_t config_seqnum = 0;
    float negligible_amount = 0;
    std::int32_t config_flags = 0;
    std::string config_data;
    std::string_view rejection_code; ///< a constant
    std::int64_t ts_us = 0;
};

struct RejectedTransfer {
    AccountKey sender;
    Coordinator coordinator;
    std::string_view status_code; ///< a constant, never OK
    std::int64_t total_locked_amount = 0;
    std::int64_t ts_us = 0;
};

struct PreparedTransfer {
    AccountKey sender;
    std::int64_t transfer_id = 0;
    Coordinator coordinator;
    std::int64_t locked_amount = 0;
    std::int64_t recipient_creditor_id = 0;
    std::int64_t prepared_at_us = 0, deadline_us = 0, final_interest_rate_ts_us = 0;
    std::int64_t ts_us = 0; ///< of a reminder later than prepared_at
};

struct FinalizedTransfer {
    AccountKey sender;
    std::int64_t transfer_id = 0;
    Coordinator coordinator;
    std::int64_t committed_amount = 0;
    std::int64_t total_locked_amount = 0; ///< after this one was unlocked
    std::string_view status_code;         ///< a constant
    std::int64_t prepared_at_us = 0, ts_us = 0;
};

struct AccountUpdate {
    AccountKey account;
    std::int32_t creation_date = 0;
    std::int64_t last_change_ts_us = 0;
    std::int32_t last_change_seqnum = 0;
    std::int64_t principal = 0;
    double interest = 0; ///< as of last_change_ts
    float interest_rate = 0;
    std::int64_t last_interest_rate_change_ts_us = k_epoch_us;
    std::int64_t last_config_ts_us = k_epoch_us;
    std::int32_t last_config_seqnum = 0;
    float negligible_amount = 0;
    std::int32_t config_flags = 0;
    std::string config_data;
    DebtorInfo debtor_info;
    std::int64_t last_transfer_number = 0;
    std::int64_t last_transfer_committed_at_us = k_epoch_us;
    std::int64_t commit_period_s = 0;
    std::int64_t ttl_s = 0;
    std::int64_t ts_us = 0;
};

struct AccountTransfer {
    AccountKey account;
    std::int32_t creation_date = 0;
    std::string coordinator_type;
    std::int64_t transfer_number = 0; ///< the previous one is this less 1
    std::int64_t acquired_amount = 0; ///< signed, never 0
    std::int64_t other_creditor_id = 0;
    Note note;
    std::int64_t committed_at_us = 0;
    std::int64_t principal = 0; ///< after this transfer
    std::int64_t ts_us = 0;
};

struct AccountPurge {
    AccountKey account;
    std::int32_t creation_date = 0;
    std::int64_t ts_us = 0;
};

/// What an account's change tells others, but for PendingBalanceChange, whose change id the
/// database gives.
using Signal = std::variant<RejectedConfig, RejectedTransfer, PreparedTransfer, FinalizedTransfer,
                            AccountUpdate, AccountTransfer, AccountPurge>;

} // namespace harmonia::smp

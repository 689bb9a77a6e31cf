// The rows of the accounts area as the procedures see them: columns of accounts.account and its
// neighbours, one to one. Instants and dates as in core/smp/messages.hpp. `ctid` is where a row is
// stored, valid while its account is locked; procedures pass it on unread.
#pragma once

#include "core/smp/messages.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace harmonia::settle::accounts {

using smp::AccountKey;
using smp::Coordinator;

inline constexpr std::int32_t k_deleted = 1;   ///< bits of status_flags
inline constexpr std::int32_t k_overflown = 2; ///< never cleared

struct Account {
    AccountKey key;
    std::int32_t creation_date = 0; ///< never changes while the row exists
    std::int32_t last_change_seqnum = 0;
    std::int64_t last_change_ts_us = 0; ///< never moves backwards
    std::int64_t principal = 0;         ///< never the smallest int64
    double interest = 0;                ///< as of last_change_ts, not yet in the principal
    float interest_rate = 0;            ///< percent a year, -50…100
    float previous_interest_rate = 0;   ///< before the last change
    std::int64_t last_interest_rate_change_ts_us = smp::k_epoch_us;
    std::int64_t last_config_ts_us = smp::k_epoch_us;
    std::int32_t last_config_seqnum = 0;
    float negligible_amount = 0;
    std::int32_t config_flags = 0;
    std::string config_data;
    smp::DebtorInfo debtor_info; ///< an empty string is a null column
    std::int64_t last_transfer_number = 0;
    std::int64_t last_transfer_committed_at_us = smp::k_epoch_us;
    std::int32_t status_flags = 0;
    std::int64_t total_locked_amount = 0;     ///< sum over the open prepared transfers
    std::int32_t pending_transfers_count = 0; ///< their number
    std::int64_t last_transfer_id = 0;        ///< from days of creation_date × 2^40 upwards
    std::int64_t last_heartbeat_ts_us = 0;
    std::int64_t last_interest_capitalization_ts_us = smp::k_epoch_us;
    std::int64_t last_deletion_attempt_ts_us = smp::k_epoch_us;
    bool pending_account_update = false; ///< a change still has to be announced
    std::string ctid;                    ///< empty: a new row

    [[nodiscard]] bool is_root() const { return key.creditor_id == smp::k_root_creditor; }
    [[nodiscard]] bool is_deleted() const { return (status_flags & k_deleted) != 0; }
    [[nodiscard]] bool is_scheduled_for_deletion() const {
        return (config_flags & smp::k_scheduled_for_deletion) != 0;
    }
};

/// A new row, created at `now_us`. Its last_transfer_id leaves room for 2^40 transfers a day.
[[nodiscard]] Account new_account(const AccountKey& key, std::int64_t now_us);

/// A row of accounts.prepared_transfer: money that its sender has locked and not yet paid.
struct OpenTransfer {
    AccountKey sender;
    std::int64_t transfer_id = 0;
    Coordinator coordinator;
    std::int64_t recipient_creditor_id = 0;
    std::int64_t prepared_at_us = 0, deadline_us = 0, final_interest_rate_ts_us = 0;
    double demurrage_rate = smp::k_demurrage_rate;
    std::int64_t locked_amount = 0;
    std::optional<std::int64_t> last_reminder_ts_us; ///< empty: never reminded
    std::string ctid;                                ///< empty: a new row
};

/// A PrepareTransfer whose recipient is known to be reachable.
struct TransferRequest {
    Coordinator coordinator;
    std::int64_t min_locked_amount = 0, max_locked_amount = 0;
    std::int64_t deadline_us = 0;
    std::int64_t final_interest_rate_ts_us = smp::k_end_of_time_us;
    std::int64_t recipient_creditor_id = 0;
};

/// A FinalizeTransfer, with the prepared transfer that equals it in sender, transfer id and all
/// three coordinator fields, if there is one.
struct FinalizationRequest {
    std::optional<OpenTransfer> transfer;
    std::int64_t committed_amount = 0; ///< 0 dismisses
    smp::Note note;
};

} // namespace harmonia::settle::accounts

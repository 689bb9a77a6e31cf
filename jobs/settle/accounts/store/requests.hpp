// The five tables of pending rows, and their rows as values: one reader for what take() returned of
// each. Instants are microseconds, as in core/smp/messages.hpp.
#pragma once

#include "jobs/settle/accounts/store/pending.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

inline constexpr PendingTable k_configure_requests{
    .name = "configure_request",
    .account = "creditor_id",
    .number = "request_id",
    .columns = R"(
            request_id, ts, seqnum, config_flags, negligible_amount, config_data)",
};
inline constexpr PendingTable k_chore_requests{
    .name = "chore_request",
    .account = "creditor_id",
    .number = "request_id",
    .columns = R"(
            request_id, kind, ts, interest_rate, iri, content_type, sha256)",
};
inline constexpr PendingTable k_transfer_requests{
    .name = "transfer_request",
    .account = "sender_creditor_id",
    .number = "transfer_request_id",
    .columns = R"(
            transfer_request_id, coordinator_type, coordinator_id, coordinator_request_id,
            min_locked_amount, max_locked_amount, deadline, final_interest_rate_ts,
            recipient_creditor_id)",
    .transfers = true,
};
inline constexpr PendingTable k_finalization_requests{
    .name = "finalization_request",
    .account = "sender_creditor_id",
    .number = "transfer_id",
    .columns = R"(
            transfer_id, coordinator_type, coordinator_id, coordinator_request_id,
            committed_amount, transfer_note_format, transfer_note)",
};
inline constexpr PendingTable k_pending_changes{
    .name = "pending_balance_change",
    .account = "creditor_id",
    .number = "change_id",
    .columns = R"(
            change_id, other_creditor_id, principal_delta, committed_at, coordinator_type,
            transfer_note_format, transfer_note)",
};

/// `id` rises in the order of arrival.
struct ConfigureRow {
    std::int64_t id = 0;
    smp::ConfigureAccount message;
};
[[nodiscard]] ConfigureRow configure_row(const db::Row& row);

struct ChoreRow {
    std::int64_t id = 0;
    smp::Chore chore;
};
[[nodiscard]] ChoreRow chore_row(const db::Row& row);

struct TransferRow {
    std::int64_t id = 0;
    TransferRequest request;
    bool names_recipient = false; ///< otherwise request.recipient_creditor_id means nothing
};
[[nodiscard]] TransferRow transfer_row(const db::Row& row);

struct FinalizationRow {
    std::int64_t transfer_id = 0;
    Coordinator coordinator;
    std::int64_t committed_amount = 0;
    smp::Note note;
};
[[nodiscard]] FinalizationRow finalization_row(const db::Row& row);

[[nodiscard]] smp::PendingBalanceChange change_row(const db::Row& row);

} // namespace harmonia::settle::accounts

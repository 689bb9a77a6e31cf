#include "jobs/settle/accounts/store/requests.hpp"

namespace harmonia::settle::accounts {
namespace {

AccountKey account_of(const db::Row& row) {
    return {row.integer("debtor_id"), row.integer("creditor_id")};
}

Coordinator coordinator_of(const db::Row& row) {
    return {std::string(row.text("coordinator_type")), row.integer("coordinator_id"),
            row.integer("coordinator_request_id")};
}

smp::Note note_of(const db::Row& row) {
    return {std::string(row.text("transfer_note_format")), std::string(row.text("transfer_note"))};
}

// A kind's columns are null in the rows of other kinds.
smp::Chore chore_of(const db::Row& row) {
    const AccountKey account = account_of(row);
    const std::string_view kind = row.text("kind");
    if (kind == "ChangeInterestRate")
        return smp::ChangeInterestRate{.account = account,
                                       .interest_rate = row.real("interest_rate"),
                                       .ts_us = row.instant("ts").us};
    if (kind == "UpdateDebtorInfo")
        return smp::UpdateDebtorInfo{.account = account,
                                     .info = {std::string(row.text("iri")),
                                              std::string(row.text("content_type")),
                                              std::string(row.text("sha256"))},
                                     .ts_us = row.instant("ts").us};
    if (kind == "CapitalizeInterest")
        return smp::CapitalizeInterest{account};
    return smp::TryToDeleteAccount{account};
}

} // namespace

ConfigureRow configure_row(const db::Row& row) {
    ConfigureRow out;
    out.message.account = account_of(row);
    out.id = row.integer("request_id");
    out.message.ts_us = row.instant("ts").us;
    out.message.seqnum = static_cast<std::int32_t>(row.integer("seqnum"));
    out.message.config_flags = static_cast<std::int32_t>(row.integer("config_flags"));
    out.message.negligible_amount = row.single("negligible_amount");
    out.message.config_data = row.text("config_data");
    return out;
}

ChoreRow chore_row(const db::Row& row) {
    return {row.integer("request_id"), chore_of(row)};
}

TransferRow transfer_row(const db::Row& row) {
    TransferRow out;
    out.id = row.integer("transfer_request_id");
    out.request.coordinator = coordinator_of(row);
    out.request.min_locked_amount = row.integer("min_locked_amount");
    out.request.max_locked_amount = row.integer("max_locked_amount");
    out.request.deadline_us = row.instant("deadline").us;
    out.request.final_interest_rate_ts_us = row.instant("final_interest_rate_ts").us;
    const auto recipient = row.optional_integer("recipient_creditor_id");
    out.names_recipient = recipient.has_value();
    out.request.recipient_creditor_id = recipient.value_or(0);
    return out;
}

FinalizationRow finalization_row(const db::Row& row) {
    FinalizationRow out;
    out.transfer_id = row.integer("transfer_id");
    out.coordinator = coordinator_of(row);
    out.committed_amount = row.integer("committed_amount");
    out.note = note_of(row);
    return out;
}

smp::PendingBalanceChange change_row(const db::Row& row) {
    smp::PendingBalanceChange out;
    out.account = account_of(row);
    out.change_id = row.integer("change_id");
    out.other_creditor_id = row.integer("other_creditor_id");
    out.principal_delta = row.integer("principal_delta");
    out.committed_at_us = row.instant("committed_at").us;
    out.coordinator_type = row.text("coordinator_type");
    out.note = note_of(row);
    return out;
}

} // namespace harmonia::settle::accounts

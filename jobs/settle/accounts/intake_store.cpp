#include "core/time/clock.hpp"
#include "jobs/settle/accounts/decide_transfers.hpp"
#include "jobs/settle/accounts/intake_block.hpp"
#include "jobs/settle/accounts/sql_text.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

namespace harmonia::settle::accounts {
namespace {

// What a value holds beside its body's text: its own members and the allocator's overhead.
constexpr std::size_t k_value_bytes = 200;

void copy_configurations(db::Transaction& tx, const std::vector<smp::ConfigureAccount>& messages) {
    db::CopyIn copy(tx, "accounts.configure_request",
                    {"debtor_id", "creditor_id", "ts", "seqnum", "config_flags",
                     "negligible_amount", "config_data"});
    for (const smp::ConfigureAccount& m : messages) {
        copy.field(m.account.debtor_id).field(m.account.creditor_id);
        copy.field(InstantText(m.ts_us).view()).field(m.seqnum).field(m.config_flags);
        copy.field(RealText(m.negligible_amount).view()).field(m.config_data).end_row();
    }
    copy.finish();
}

void copy_transfers(db::Transaction& tx, const std::vector<smp::PrepareTransfer>& messages) {
    db::CopyIn copy(tx, "accounts.transfer_request",
                    {"debtor_id", "sender_creditor_id", "coordinator_id", "coordinator_request_id",
                     "min_locked_amount", "max_locked_amount", "recipient_creditor_id", "deadline",
                     "final_interest_rate_ts", "coordinator_type"});
    for (const smp::PrepareTransfer& m : messages) {
        const auto recipient = address(m).recipient;
        const TransferRequest row = request_of(m, recipient.value_or(0));
        copy.field(m.sender.debtor_id).field(m.sender.creditor_id);
        copy.field(m.coordinator.id).field(m.coordinator.request_id);
        copy.field(row.min_locked_amount).field(row.max_locked_amount).field(recipient);
        copy.field(InstantText(row.deadline_us).view());
        copy.field(InstantText(row.final_interest_rate_ts_us).view());
        copy.field(m.coordinator.type).end_row();
    }
    copy.finish();
}

std::size_t insert_finalizations(db::Transaction& tx,
                                 const std::vector<smp::FinalizeTransfer>& messages) {
    std::array<ArrayText, 10> columns;
    for (const smp::FinalizeTransfer& m : messages) {
        columns[0].add(m.sender.debtor_id);
        columns[1].add(m.sender.creditor_id);
        columns[2].add(m.transfer_id);
        columns[3].add(m.coordinator.id);
        columns[4].add(m.coordinator.request_id);
        columns[5].add(m.committed_amount);
        columns[6].add_instant(m.ts_us);
        columns[7].add_text(m.coordinator.type);
        columns[8].add_text(m.note.format);
        columns[9].add_text(m.note.text);
    }
    std::vector<db::Param> arrays;
    for (const ArrayText& column : columns)
        arrays.push_back(column.param());
    return tx
        .run("INSERT INTO accounts.finalization_request (debtor_id, sender_creditor_id, "
             "transfer_id, coordinator_id, coordinator_request_id, committed_amount, ts, "
             "coordinator_type, transfer_note_format, transfer_note) "
             "SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], "
             "$5::bigint[], $6::bigint[], $7::timestamptz[], $8::text[], $9::text[], $10::text[]) "
             "ON CONFLICT DO NOTHING",
             arrays)
        .affected();
}

void copy_chores(db::Transaction& tx, const std::vector<smp::Chore>& chores) {
    db::CopyIn copy(tx, "accounts.chore_request",
                    {"debtor_id", "creditor_id", "kind", "ts", "interest_rate", "iri",
                     "content_type", "sha256"});
    const auto head = [&](const smp::AccountKey& key, std::string_view kind) {
        copy.field(key.debtor_id).field(key.creditor_id).field(kind);
    };
    const auto nothing = [&](int count) {
        while (count-- > 0)
            copy.null();
        copy.end_row();
    };
    for (const smp::Chore& chore : chores) {
        if (const auto* rate = std::get_if<smp::ChangeInterestRate>(&chore)) {
            head(rate->account, "ChangeInterestRate");
            copy.field(InstantText(rate->ts_us).view());
            copy.field(RealText(rate->interest_rate).view());
            nothing(3);
        } else if (const auto* info = std::get_if<smp::UpdateDebtorInfo>(&chore)) {
            head(info->account, "UpdateDebtorInfo");
            copy.field(InstantText(info->ts_us).view()).null().field(info->info.iri);
            copy.field(info->info.content_type).field(info->info.sha256).end_row();
        } else if (const auto* interest = std::get_if<smp::CapitalizeInterest>(&chore)) {
            head(interest->account, "CapitalizeInterest");
            nothing(5);
        } else {
            head(std::get<smp::TryToDeleteAccount>(chore).account, "TryToDeleteAccount");
            nothing(5);
        }
    }
    copy.finish();
}

} // namespace

void IntakeBlock::clear() {
    configurations.clear();
    transfers.clear();
    finalizations.clear();
    changes.clear();
    chores.clear();
    bytes_ = 0;
}

void IntakeBlock::add(smp::Request&& request, std::size_t bytes) {
    bytes_ += bytes + k_value_bytes;
    if (auto* configuration = std::get_if<smp::ConfigureAccount>(&request))
        configurations.push_back(std::move(*configuration));
    else if (auto* transfer = std::get_if<smp::PrepareTransfer>(&request))
        transfers.push_back(std::move(*transfer));
    else if (auto* finalization = std::get_if<smp::FinalizeTransfer>(&request))
        finalizations.push_back(std::move(*finalization));
    else
        changes.push_back(std::move(std::get<smp::PendingBalanceChange>(request)));
}

void IntakeBlock::add(smp::Chore&& chore, std::size_t bytes) {
    bytes_ += bytes + k_value_bytes;
    chores.push_back(std::move(chore));
}

void copy_pending(db::Transaction& tx, std::span<const smp::PendingBalanceChange> changes) {
    db::CopyIn copy(tx, "accounts.pending_balance_change",
                    {"debtor_id", "creditor_id", "other_creditor_id", "change_id",
                     "principal_delta", "committed_at", "coordinator_type", "transfer_note_format",
                     "transfer_note"});
    for (const smp::PendingBalanceChange& c : changes) {
        copy.field(c.account.debtor_id).field(c.account.creditor_id);
        copy.field(c.other_creditor_id).field(c.change_id).field(c.principal_delta);
        copy.field(InstantText(c.committed_at_us).view()).field(c.coordinator_type);
        copy.field(c.note.format).field(c.note.text).end_row();
    }
    copy.finish();
}

std::size_t register_changes(db::Transaction& tx,
                             const std::vector<smp::PendingBalanceChange>& changes) {
    std::array<ArrayText, 6> columns;
    for (const smp::PendingBalanceChange& c : changes) {
        columns[0].add(c.account.debtor_id);
        columns[1].add(c.other_creditor_id);
        columns[2].add(c.change_id);
        columns[3].add(c.account.creditor_id);
        columns[4].add(c.principal_delta);
        columns[5].add_instant(c.committed_at_us);
    }
    std::vector<db::Param> arrays;
    for (const ArrayText& column : columns)
        arrays.push_back(column.param());
    const db::Result rows = tx.run(
        "INSERT INTO accounts.registered_balance_change (debtor_id, other_creditor_id, change_id, "
        "creditor_id, principal_delta, committed_at) SELECT * FROM unnest($1::bigint[], "
        "$2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::timestamptz[]) "
        "ON CONFLICT DO NOTHING RETURNING debtor_id, other_creditor_id, change_id",
        arrays);
    std::set<std::tuple<std::int64_t, std::int64_t, std::int64_t>> fresh;
    for (std::size_t row = 0; row < rows.size(); ++row)
        fresh.emplace(rows.integer(row, 0), rows.integer(row, 1), rows.integer(row, 2));
    std::vector<smp::PendingBalanceChange> pending;
    for (const smp::PendingBalanceChange& c : changes)
        if (fresh.erase({c.account.debtor_id, c.other_creditor_id, c.change_id}) > 0)
            pending.push_back(c);
    copy_pending(tx, pending);
    return rows.size();
}

namespace {

// No threshold is nearer than the least delays.intranet, so younger changes need no look.
constexpr std::int64_t k_surely_remembered_us = k_day_us / 2;

/// Changes whose registrations may have been folded into sums would not be known again: they are
/// left out, whatever the threshold of this process is. The lock keeps a fold waiting.
std::vector<smp::PendingBalanceChange>
remembered(db::Transaction& tx, const std::vector<smp::PendingBalanceChange>& changes) {
    const auto older = [](std::int64_t than_us) {
        return
            [than_us](const smp::PendingBalanceChange& c) { return c.committed_at_us < than_us; };
    };
    auto kept = changes;
    const std::int64_t young_us = time::system_clock().now_us() - k_surely_remembered_us;
    if (std::any_of(kept.begin(), kept.end(), older(young_us))) {
        const db::Result folded = tx.exec("SELECT folded_before FROM accounts.archive FOR SHARE");
        std::erase_if(kept, older(instant_from(folded.text(0, 0))));
    }
    return kept;
}

} // namespace

importers::BlockCounts write_block(db::Transaction& tx, const IntakeBlock& block) {
    importers::BlockCounts counts;
    counts.inserted = block.rows();
    const auto leave = [&](std::size_t given, std::size_t stored) {
        counts.inserted -= given - stored;
        counts.duplicates += given - stored;
    };
    if (!block.configurations.empty())
        copy_configurations(tx, block.configurations);
    if (!block.transfers.empty())
        copy_transfers(tx, block.transfers);
    if (!block.finalizations.empty())
        leave(block.finalizations.size(), insert_finalizations(tx, block.finalizations));
    if (!block.changes.empty())
        leave(block.changes.size(), register_changes(tx, remembered(tx, block.changes)));
    if (!block.chores.empty())
        copy_chores(tx, block.chores);
    return counts;
}

} // namespace harmonia::settle::accounts

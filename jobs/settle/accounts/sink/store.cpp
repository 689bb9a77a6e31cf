// Writes a block of messages into the tables of pending rows.
#include "core/time/clock.hpp"
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "jobs/settle/accounts/sink/block.hpp"
#include "jobs/settle/accounts/store/pending_changes.hpp"

#include <algorithm>

namespace harmonia::settle::accounts {
namespace {

// Memory of a message beyond its body: its own members and the allocator's overhead.
constexpr std::size_t k_value_bytes = 200;

void copy_configurations(db::Transaction& tx, const std::vector<smp::ConfigureAccount>& messages) {
    db::CopyIn copy(tx, "accounts.configure_request",
                    {"debtor_id", "creditor_id", "ts", "seqnum", "config_flags",
                     "negligible_amount", "config_data"});
    for (const smp::ConfigureAccount& m : messages) {
        copy.field(m.account.debtor_id).field(m.account.creditor_id);
        copy.field(db::Instant{m.ts_us}).field(m.seqnum).field(m.config_flags);
        copy.field(m.negligible_amount).field(m.config_data).end_row();
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
        copy.field(db::Instant{row.deadline_us});
        copy.field(db::Instant{row.final_interest_rate_ts_us});
        copy.field(m.coordinator.type).end_row();
    }
    copy.finish();
}

std::size_t insert_finalizations(db::Transaction& tx,
                                 const std::vector<smp::FinalizeTransfer>& messages) {
    db::ArrayText debtors, senders, transfers, coordinators, requests, amounts, times, types,
        formats, notes;
    for (const smp::FinalizeTransfer& m : messages) {
        debtors.add(m.sender.debtor_id);
        senders.add(m.sender.creditor_id);
        transfers.add(m.transfer_id);
        coordinators.add(m.coordinator.id);
        requests.add(m.coordinator.request_id);
        amounts.add(m.committed_amount);
        times.add(db::Instant{m.ts_us});
        types.add(m.coordinator.type);
        formats.add(m.note.format);
        notes.add(m.note.text);
    }
    const db::Result inserted = tx.exec(
        R"(
        INSERT INTO accounts.finalization_request (debtor_id, sender_creditor_id, transfer_id,
                                                   coordinator_id, coordinator_request_id,
                                                   committed_amount, ts, coordinator_type,
                                                   transfer_note_format, transfer_note)
        SELECT *
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[],
                    $6::bigint[], $7::timestamptz[], $8::text[], $9::text[], $10::text[])
        ON CONFLICT DO NOTHING)",
        debtors, senders, transfers, coordinators, requests, amounts, times, types, formats, notes);
    return inserted.affected();
}

void copy_chores(db::Transaction& tx, const std::vector<smp::Chore>& chores) {
    db::CopyIn copy(tx, "accounts.chore_request",
                    {"debtor_id", "creditor_id", "kind", "ts", "interest_rate", "iri",
                     "content_type", "sha256"});
    const auto head = [&](const smp::AccountKey& key, std::string_view kind) {
        copy.field(key.debtor_id).field(key.creditor_id).field(kind);
    };
    const auto nulls = [&](int count) {
        while (count-- > 0)
            copy.null();
        copy.end_row();
    };
    for (const smp::Chore& chore : chores) {
        if (const auto* rate = std::get_if<smp::ChangeInterestRate>(&chore)) {
            head(rate->account, "ChangeInterestRate");
            copy.field(db::Instant{rate->ts_us}).field(rate->interest_rate);
            nulls(3);
        } else if (const auto* info = std::get_if<smp::UpdateDebtorInfo>(&chore)) {
            head(info->account, "UpdateDebtorInfo");
            copy.field(db::Instant{info->ts_us}).null().field(info->info.iri);
            copy.field(info->info.content_type).field(info->info.sha256).end_row();
        } else if (const auto* interest = std::get_if<smp::CapitalizeInterest>(&chore)) {
            head(interest->account, "CapitalizeInterest");
            nulls(5);
        } else {
            head(std::get<smp::TryToDeleteAccount>(chore).account, "TryToDeleteAccount");
            nulls(5);
        }
    }
    copy.finish();
}

} // namespace

void RequestBlock::clear() {
    configurations.clear();
    transfers.clear();
    finalizations.clear();
    changes.clear();
    chores.clear();
    bytes_ = 0;
}

void RequestBlock::add(smp::Request&& request, std::size_t bytes) {
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

void RequestBlock::add(smp::Chore&& chore, std::size_t bytes) {
    bytes_ += bytes + k_value_bytes;
    chores.push_back(std::move(chore));
}

namespace {

// A threshold is at least the minimum of delays.intranet ago: younger changes need no query.
constexpr std::int64_t k_surely_remembered_us = k_day_us / 2;

/// Leaves out changes whose registrations may have been folded into sums, whatever the threshold of
/// this process: their duplicates could not be recognized. The lock keeps a fold from starting.
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
        std::erase_if(kept, older(folded.only().instant("folded_before").us));
    }
    return kept;
}

} // namespace

importers::BlockCounts write_block(db::Transaction& tx, const RequestBlock& block) {
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

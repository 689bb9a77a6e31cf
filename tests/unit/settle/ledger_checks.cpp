// The invariants, in the words of the accounting authority's specification.
#include "core/smp/encode.hpp"
#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/procedures/decide_steps.hpp"
#include "tests/unit/settle/ledger.hpp"

#include <cmath>

using namespace harmonia::settle::accounts;

namespace harmonia::test {

namespace {

/// The content of an AccountUpdate except its own timestamp.
std::string content_of(smp::AccountUpdate update) {
    update.ts_us = 0;
    std::string out;
    smp::append_body(out, update);
    return out;
}

} // namespace

// I-1: what has left an account has arrived at another, or is on its way.
std::string Ledger::check_sums() const {
    Int128 sum = 0;
    for (const auto& [key, account] : rows_)
        sum += account ? account->principal : 0;
    for (const auto& change : in_flight_)
        sum += change.principal_delta;
    return sum == 0 ? "" : "I-1: the sum of all principals is " + to_text(sum);
}

std::string Ledger::check_row(const Key& key, const Account& account) const {
    Int128 locked = 0;
    std::int32_t transfers = 0;
    const std::int64_t first_id = account.creation_date * (std::int64_t{1} << 40);
    for (const auto& [id, transfer] : open_) {
        if (id.first != key)
            continue;
        locked += transfer.locked_amount;
        transfers += 1;
        if (id.second > account.last_transfer_id || id.second <= first_id)
            return "I-4: an open transfer's id";
        if (transfer.recipient_creditor_id == key.creditor_id ||
            transfer.deadline_us > transfer.prepared_at_us + terms_.commit_period_us)
            return "I-7: an open transfer's recipient or deadline";
    }
    if (locked != account.total_locked_amount || transfers != account.pending_transfers_count)
        return "I-2: the locks do not add up";
    if (account.last_transfer_id >> 40 != account.creation_date)
        return "I-4: the last transfer id";
    if (account.is_deleted() && (account.principal != 0 || account.interest != 0 || transfers != 0))
        return "I-5: a deleted account is not empty";
    if (!std::isfinite(account.interest) || account.interest_rate < smp::k_rate_min ||
        account.interest_rate > smp::k_rate_max)
        return "I-6: interest or rate";
    return "";
}

// O-7
std::string Ledger::check_progress(const Account& before, const Account& after) const {
    if (after.last_change_ts_us < before.last_change_ts_us ||
        after.last_transfer_id < before.last_transfer_id ||
        after.last_transfer_number < before.last_transfer_number ||
        after.last_config_ts_us < before.last_config_ts_us)
        return "O-7: a value went backwards";
    const bool changed =
        content_of(update_of(before, terms_, 0)) != content_of(update_of(after, terms_, 0));
    const bool counted = smp::later_seq(after.last_change_seqnum, before.last_change_seqnum);
    return changed && !counted ? "O-7: a change was not counted" : "";
}

// O-7: no two announced states share time and number. O-8: transfers are numbered without a gap,
// and each carries the principal after it.
std::string Ledger::check_signals(const Key& key, const std::optional<Account>& before) {
    Known& known = known_[key];
    const auto& after = rows_.at(key);
    for (const auto& update : signals_of<smp::AccountUpdate>(effects_)) {
        const auto [at, fresh] = known.announced.emplace(
            std::pair(update.last_change_ts_us, update.last_change_seqnum), content_of(update));
        if (!fresh && at->second != content_of(update))
            return "O-7: two announced states share their number";
    }
    bool all_announced = after && after->negligible_amount == 0;
    Int128 running = before ? before->principal : 0;
    for (const auto& transfer : signals_of<smp::AccountTransfer>(effects_)) {
        if (transfer.transfer_number != ++known.transfer_number)
            return "O-8: a gap in the transfer numbers";
        running += transfer.acquired_amount;
        if (all_announced && running != transfer.principal)
            return "O-8: a transfer's principal is not the running one";
    }
    if (all_announced && !after->is_root() && running != after->principal)
        return "O-8: the principal differs from that of the transfers";
    return after && after->last_transfer_number != known.transfer_number
               ? "O-8: the account counts other transfers"
               : "";
}

// O-9
std::string Ledger::check_finalized() {
    for (const auto& message : signals_of<smp::FinalizedTransfer>(effects_))
        if (!finalized_.emplace(message.sender, message.transfer_id).second)
            return "O-9: a transfer was finalized twice";
    if (signals_of<smp::FinalizedTransfer>(effects_).size() != effects_.finalized.size())
        return "O-9: finalized without a message, or a message without a finalization";
    for (const auto& [id, transfer] : open_)
        if (finalized_.contains(id))
            return "O-9: a finalized transfer is still open";
    return "";
}

std::string Ledger::check(const Key& key, const std::optional<Account>& before) {
    const auto& after = rows_.at(key);
    std::string wrong = check_sums();
    if (wrong.empty() && after)
        wrong = check_row(key, *after);
    if (wrong.empty() && before && after)
        wrong = check_progress(*before, *after);
    if (wrong.empty() && after)
        wrong = check_signals(key, before);
    if (wrong.empty())
        wrong = check_finalized();
    return wrong;
}

} // namespace harmonia::test

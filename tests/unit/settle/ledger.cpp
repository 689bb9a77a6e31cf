#include "tests/unit/settle/ledger.hpp"

#include <algorithm>

using namespace harmonia::settle::accounts;

namespace harmonia::test {

namespace {

const std::vector<AccountKey> k_keys = {
    {-1, 0},  {-1, 1}, {-1, 1234}, {-1, 0x0000010000000001}, {-1, 0x0000010000000002},
    {-1, -5}, {-1, 99}};

} // namespace

Ledger::Ledger(std::uint64_t seed) : random_(seed) {
    for (const AccountKey& key : k_keys)
        rows_[key];
    smp::ConfigureAccount root;
    root.account = k_root;
    root.ts_us = now_;
    root.negligible_amount = 1e30F;
    root.config_data = R"({"rate":7.5,"limit":1000000})";
    harmonia::settle::accounts::configure(rows_[k_root], root, terms_, now_, effects_);
    absorb();
}

std::int64_t Ledger::amount() {
    static constexpr std::int64_t k_scales[] = {3, 60, 500, 20'000, 400'000};
    return static_cast<std::int64_t>(below(static_cast<std::size_t>(k_scales[below(5)])));
}

AccountKey Ledger::some_key() {
    return k_keys[below(k_keys.size())];
}

void Ledger::configure(const Key& key) {
    smp::ConfigureAccount message;
    message.account = key;
    message.ts_us = now_ - static_cast<std::int64_t>(below(3)) * k_minute;
    message.seqnum = ++config_seqnum_;
    message.negligible_amount = key == k_root ? 1e30F : below(2) == 0 ? 0.0F : 20'000.0F;
    message.config_flags = key != k_root && below(2) == 0 ? 1 : 0;
    message.config_data = key == k_root ? R"({"rate":7.5,"limit":1000000})" : "";
    if (below(10) == 0)
        message.config_data = "nonsense";
    harmonia::settle::accounts::configure(row(key), message, terms_, now_, effects_);
}

void Ledger::prepare(const Key& key) {
    std::vector<TransferRequest> requests(1 + below(4));
    for (TransferRequest& request : requests) {
        request.coordinator = {below(3) == 0 ? "agent" : "direct", key.creditor_id, 1};
        request.max_locked_amount = amount();
        request.min_locked_amount = below(2) == 0 ? 0 : request.max_locked_amount / 2;
        request.deadline_us = now_ + static_cast<std::int64_t>(below(200)) * k_day;
        request.recipient_creditor_id = some_key().creditor_id;
    }
    auto& account = row(key);
    harmonia::settle::accounts::prepare(account ? &*account : nullptr, key, requests, terms_, now_,
                                        effects_);
}

void Ledger::finalize(const Key& key) {
    std::vector<FinalizationRequest> requests;
    for (const auto& [id, transfer] : open_)
        if (id.first == key && below(3) != 0) {
            const std::int64_t asked = below(4) == 0 ? amount() : transfer.locked_amount;
            requests.push_back({transfer, below(4) == 0 ? 0 : asked, {}});
            if (below(8) == 0)
                requests.push_back(requests.back());
        }
    requests.push_back({std::nullopt, 5, {}});
    auto& account = row(key);
    harmonia::settle::accounts::finalize(account ? &*account : nullptr, requests, now_, effects_);
}

void Ledger::deliver(const Key& key) {
    const auto later =
        std::stable_partition(in_flight_.begin(), in_flight_.end(), [&](const auto& change) {
            return change.account != key || below(4) == 0;
        });
    const std::vector<smp::PendingBalanceChange> changes(later, in_flight_.end());
    in_flight_.erase(later, in_flight_.end());
    apply_balance_changes(row(key), key, changes, terms_, now_, effects_);
}

void Ledger::chore(const Key& key) {
    auto& account = row(key);
    if (!account)
        return;
    switch (below(4)) {
    case 0:
        capitalize(*account, terms_, now_, effects_);
        return;
    case 1:
        change_rate(*account, static_cast<double>(below(40)) - 10.5, now_, terms_, now_, effects_);
        return;
    case 2:
        update_debtor_info(*account, {"iri" + std::to_string(below(3)), "", ""}, now_, terms_, now_,
                           effects_);
        return;
    default:
        try_to_delete(*account, terms_, now_, effects_);
    }
}

void Ledger::scan(const Key& key) {
    auto& account = row(key);
    if (account && needs_update(*account, terms_, now_))
        heartbeat(*account, terms_, now_, effects_);
    for (auto& [id, transfer] : open_)
        if (id.first == key && wants_reminder(transfer, terms_, now_))
            remind(transfer, now_, effects_);
    if (account && is_purgeable(*account, terms_, now_)) {
        purge(*account, now_, effects_);
        account.reset();
        known_.erase(key);
    }
}

/// Stores the effects as the database would.
void Ledger::absorb() {
    for (const auto& transfer : effects_.prepared)
        open_.emplace(std::pair(transfer.sender, transfer.transfer_id), transfer);
    for (const auto& transfer : effects_.finalized)
        open_.erase({transfer.sender, transfer.transfer_id});
    for (auto& change : effects_.emitted) {
        change.change_id = ++change_id_;
        in_flight_.push_back(change);
    }
    count();
}

void Ledger::count() {
    const Counts& now = effects_.counts;
    total_.prepared += now.prepared;
    total_.rejected += now.rejected;
    total_.committed += now.committed;
    total_.dismissed += now.dismissed;
    total_.failed += now.failed;
    total_.unmatched += now.unmatched;
    total_.changes_applied += now.changes_applied;
    total_.capitalized += now.capitalized;
    total_.rates_changed += now.rates_changed;
    total_.deleted += now.deleted;
    total_.resurrected += now.resurrected;
    total_.purged += now.purged;
    total_.reminders += now.reminders;
    total_.heartbeats += now.heartbeats;
    total_.configs_rejected += now.configs_rejected;
}

std::string Ledger::step() {
    using Operation = void (Ledger::*)(const Key&);
    static constexpr Operation k_operations[] = {
        &Ledger::configure, &Ledger::prepare,  &Ledger::prepare, &Ledger::prepare,
        &Ledger::finalize,  &Ledger::finalize, &Ledger::deliver, &Ledger::deliver,
        &Ledger::chore,     &Ledger::chore,    &Ledger::scan};
    now_ += below(15) == 0 ? static_cast<std::int64_t>(below(150)) * k_day
                           : static_cast<std::int64_t>(below(5)) * k_minute;
    const Key key = some_key();
    const std::optional<Account> before = row(key);
    effects_.clear();
    (this->*k_operations[below(std::size(k_operations))])(key);
    absorb();
    return check(key, before);
}

} // namespace harmonia::test

#include "jobs/settle/accounts/store/store.hpp"

#include "core/db/retry.hpp"
#include "core/smp/encode.hpp"
#include "jobs/settle/accounts/store/key_arrays.hpp"
#include "jobs/settle/accounts/store/pending_changes.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

constexpr const char* k_area = "accounts";

void copy_opened(db::Transaction& tx, const std::vector<OpenTransfer>& transfers) {
    db::CopyIn copy(tx, "accounts.prepared_transfer",
                    {"debtor_id", "sender_creditor_id", "transfer_id", "coordinator_id",
                     "coordinator_request_id", "recipient_creditor_id", "locked_amount",
                     "prepared_at", "deadline", "final_interest_rate_ts", "demurrage_rate",
                     "coordinator_type"});
    for (const OpenTransfer& p : transfers) {
        copy.field(p.sender.debtor_id).field(p.sender.creditor_id).field(p.transfer_id);
        copy.field(p.coordinator.id).field(p.coordinator.request_id);
        copy.field(p.recipient_creditor_id).field(p.locked_amount);
        copy.field(db::Instant{p.prepared_at_us}).field(db::Instant{p.deadline_us});
        copy.field(db::Instant{p.final_interest_rate_ts_us});
        copy.field(p.demurrage_rate).field(p.coordinator.type).end_row();
    }
    copy.finish();
}

void delete_closed(db::Transaction& tx, const std::vector<OpenTransfer>& transfers) {
    KeyArrays senders;
    db::ArrayText places, ids;
    for (const OpenTransfer& p : transfers) {
        places.add(p.ctid);
        senders.add(p.sender);
        ids.add(p.transfer_id);
    }
    const db::Result gone = tx.exec(R"(
        DELETE FROM accounts.prepared_transfer p
        USING unnest($1::tid[], $2::bigint[], $3::bigint[], $4::bigint[])
              AS k (place, debtor, sender, transfer)
        WHERE p.ctid = k.place
          AND p.debtor_id = k.debtor
          AND p.sender_creditor_id = k.sender
          AND p.transfer_id = k.transfer)",
                                    places, senders.debtors, senders.creditors, ids);
    if (gone.affected() != transfers.size())
        throw db::Conflict("a prepared transfer disappeared under its sender's lock");
}

void copy_sent(db::Transaction& tx, const std::vector<smp::PendingBalanceChange>& changes,
               const char* table) {
    db::CopyIn copy(tx, table,
                    {"debtor_id", "other_creditor_id", "change_id", "creditor_id",
                     "principal_delta", "committed_at"});
    for (const smp::PendingBalanceChange& c : changes) {
        copy.field(c.account.debtor_id).field(c.other_creditor_id).field(c.change_id);
        copy.field(c.account.creditor_id).field(c.principal_delta);
        copy.field(db::Instant{c.committed_at_us}).end_row();
    }
    copy.finish();
}

void store_clipped(db::Transaction& tx, const std::vector<Clipped>& clipped) {
    for (const Clipped& c : clipped) // hardly ever one
        tx.exec(R"(
        INSERT INTO accounts.account_total AS t (debtor_id, creditor_id, clipped)
        VALUES ($1, $2, $3::numeric)
        ON CONFLICT (debtor_id, creditor_id)
        DO UPDATE SET clipped = t.clipped + excluded.clipped)",
                c.account.debtor_id, c.account.creditor_id, to_text(c.amount));
}

/// The outbox, one COPY per transaction.
class OutboxCopy {
public:
    explicit OutboxCopy(db::Transaction& tx)
        : copy_(tx, "ops.outbox",
                {"area", "kind", "key", "exchange", "routing_key", "properties", "headers", "body",
                 "mandatory"}) {}
    /// Messages of one account keep their order: they share a key.
    template <typename Message>
    void add(const AccountKey& account, const Message& message) {
        smp::encode(message, wire_);
        key_.clear();
        fmt::format_to(std::back_inserter(key_), "{}/{}", account.debtor_id, account.creditor_id);
        copy_.field(k_area).field(wire_.kind).field(key_).field(wire_.exchange);
        copy_.field(wire_.routing_key).field(wire_.properties).field(wire_.headers);
        copy_.field(wire_.body).field(wire_.mandatory).end_row();
    }
    void finish() { copy_.finish(); }

private:
    db::CopyIn copy_;
    smp::Wire wire_;
    std::string key_;
};

const AccountKey& owner_of(const smp::Signal& signal) {
    struct Visitor {
        const AccountKey& operator()(const smp::RejectedTransfer& m) { return m.sender; }
        const AccountKey& operator()(const smp::PreparedTransfer& m) { return m.sender; }
        const AccountKey& operator()(const smp::FinalizedTransfer& m) { return m.sender; }
        const AccountKey& operator()(const smp::RejectedConfig& m) { return m.account; }
        const AccountKey& operator()(const smp::AccountUpdate& m) { return m.account; }
        const AccountKey& operator()(const smp::AccountTransfer& m) { return m.account; }
        const AccountKey& operator()(const smp::AccountPurge& m) { return m.account; }
    };
    return std::visit(Visitor{}, signal);
}

/// Emitted changes by where they go: to accounts of this database, or through the broker.
struct Emission {
    std::vector<smp::PendingBalanceChange> local, remote;
};

/// Assigns change ids and stores what was sent.
Emission store_emitted(db::Transaction& tx, std::vector<smp::PendingBalanceChange>& emitted,
                       const Delivery& delivery) {
    const auto ids = new_change_ids(tx, emitted.size());
    for (std::size_t i = 0; i < emitted.size(); ++i)
        emitted[i].change_id = ids[i];
    copy_sent(tx, emitted, "accounts.sent_balance_change");
    Emission out;
    for (smp::PendingBalanceChange& change : emitted)
        (delivery.direct && delivery.realm.owns(change.account) ? out.local : out.remote)
            .push_back(std::move(change));
    return out;
}

} // namespace

void store_effects(db::Transaction& tx, Effects& effects, const Delivery& delivery) {
    if (!effects.prepared.empty())
        copy_opened(tx, effects.prepared);
    if (!effects.finalized.empty())
        delete_closed(tx, effects.finalized);
    Emission emission;
    if (!effects.emitted.empty())
        emission = store_emitted(tx, effects.emitted, delivery);
    if (!emission.local.empty()) {
        copy_sent(tx, emission.local, "accounts.registered_balance_change");
        copy_pending(tx, emission.local);
    }
    store_clipped(tx, effects.clipped);
    if (effects.signals.empty() && emission.remote.empty())
        return;
    OutboxCopy outbox(tx);
    for (const smp::Signal& signal : effects.signals)
        outbox.add(owner_of(signal), signal);
    for (const smp::PendingBalanceChange& change : emission.remote)
        outbox.add({change.account.debtor_id, change.other_creditor_id}, change);
    outbox.finish();
    tx.exec("NOTIFY harmonia_outbox");
}

void store_reminded(db::Transaction& tx, std::span<const TransferKey> transfers) {
    KeyArrays senders;
    db::ArrayText ids;
    for (const auto& [sender, id] : transfers) {
        senders.add(sender);
        ids.add(id);
    }
    tx.exec(R"(
        UPDATE accounts.prepared_transfer p
        SET last_reminder_ts = now()
        FROM unnest($1::bigint[], $2::bigint[], $3::bigint[])
             AS k (debtor_id, creditor_id, transfer_id)
        WHERE p.debtor_id = k.debtor_id
          AND p.sender_creditor_id = k.creditor_id
          AND p.transfer_id = k.transfer_id)",
            senders.debtors, senders.creditors, ids);
}

} // namespace harmonia::settle::accounts

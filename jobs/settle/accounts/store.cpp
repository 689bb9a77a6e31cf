#include "jobs/settle/accounts/store.hpp"

#include "core/smp/encode.hpp"
#include "jobs/settle/accounts/intake_block.hpp"
#include "jobs/settle/accounts/load.hpp"
#include "jobs/settle/accounts/sql_text.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

constexpr const char* k_area = "accounts";

void copy_prepared(db::Transaction& tx, const std::vector<PreparedTransfer>& transfers) {
    db::CopyIn copy(tx, "accounts.prepared_transfer",
                    {"debtor_id", "sender_creditor_id", "transfer_id", "coordinator_id",
                     "coordinator_request_id", "recipient_creditor_id", "locked_amount",
                     "prepared_at", "deadline", "final_interest_rate_ts", "demurrage_rate",
                     "coordinator_type"});
    for (const PreparedTransfer& p : transfers) {
        copy.field(p.sender.debtor_id).field(p.sender.creditor_id).field(p.transfer_id);
        copy.field(p.coordinator.id).field(p.coordinator.request_id);
        copy.field(p.recipient_creditor_id).field(p.locked_amount);
        copy.field(InstantText(p.prepared_at_us).view());
        copy.field(InstantText(p.deadline_us).view());
        copy.field(InstantText(p.final_interest_rate_ts_us).view());
        copy.field(RealText(p.demurrage_rate).view()).field(p.coordinator.type).end_row();
    }
    copy.finish();
}

void delete_prepared(db::Transaction& tx, const std::vector<PreparedTransfer>& transfers) {
    ArrayText places, debtors, senders, ids;
    for (const PreparedTransfer& p : transfers) {
        places.add_text(p.place);
        debtors.add(p.sender.debtor_id);
        senders.add(p.sender.creditor_id);
        ids.add(p.transfer_id);
    }
    const auto gone =
        tx.exec("DELETE FROM accounts.prepared_transfer p USING unnest($1::tid[], $2::bigint[], "
                "$3::bigint[], $4::bigint[]) AS k (place, debtor, sender, transfer) "
                "WHERE p.ctid = k.place AND p.debtor_id = k.debtor AND "
                "p.sender_creditor_id = k.sender AND p.transfer_id = k.transfer",
                places.param(), debtors.param(), senders.param(), ids.param());
    if (gone.affected() != transfers.size())
        throw Collision("a prepared transfer went away under its sender's lock");
}

void copy_sent(db::Transaction& tx, const std::vector<smp::PendingBalanceChange>& changes,
               const char* table) {
    db::CopyIn copy(tx, table,
                    {"debtor_id", "other_creditor_id", "change_id", "creditor_id",
                     "principal_delta", "committed_at"});
    for (const smp::PendingBalanceChange& c : changes) {
        copy.field(c.account.debtor_id).field(c.other_creditor_id).field(c.change_id);
        copy.field(c.account.creditor_id).field(c.principal_delta);
        copy.field(InstantText(c.committed_at_us).view()).end_row();
    }
    copy.finish();
}

void store_clipped(db::Transaction& tx, const std::vector<Clipped>& clipped) {
    for (const Clipped& c : clipped) // hardly ever one
        tx.exec("INSERT INTO accounts.account_total AS t (debtor_id, creditor_id, clipped) "
                "VALUES ($1, $2, $3::numeric) ON CONFLICT (debtor_id, creditor_id) "
                "DO UPDATE SET clipped = t.clipped + excluded.clipped",
                c.account.debtor_id, c.account.creditor_id, to_text(c.amount));
}

/// The outbox, one COPY a transaction.
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

/// Numbers the emitted changes, keeps each, and sorts out which stay within this database.
struct Emission {
    std::vector<smp::PendingBalanceChange> local, abroad;
};
Emission store_emitted(db::Transaction& tx, std::vector<smp::PendingBalanceChange>& emitted,
                       const Delivery& delivery) {
    const auto ids = new_change_ids(tx, emitted.size());
    for (std::size_t i = 0; i < emitted.size(); ++i)
        emitted[i].change_id = ids[i];
    copy_sent(tx, emitted, "accounts.sent_balance_change");
    Emission out;
    for (smp::PendingBalanceChange& change : emitted)
        (delivery.direct && delivery.realm.owns(change.account) ? out.local : out.abroad)
            .push_back(std::move(change));
    return out;
}

} // namespace

void store_effects(db::Transaction& tx, Effects& effects, const Delivery& delivery) {
    if (!effects.prepared.empty())
        copy_prepared(tx, effects.prepared);
    if (!effects.finalized.empty())
        delete_prepared(tx, effects.finalized);
    Emission emission;
    if (!effects.emitted.empty())
        emission = store_emitted(tx, effects.emitted, delivery);
    if (!emission.local.empty()) {
        copy_sent(tx, emission.local, "accounts.registered_balance_change");
        copy_pending(tx, emission.local);
    }
    store_clipped(tx, effects.clipped);
    if (effects.signals.empty() && emission.abroad.empty())
        return;
    OutboxCopy outbox(tx);
    for (const smp::Signal& signal : effects.signals)
        outbox.add(owner_of(signal), signal);
    for (const smp::PendingBalanceChange& change : emission.abroad)
        outbox.add({change.account.debtor_id, change.other_creditor_id}, change);
    outbox.finish();
}

} // namespace harmonia::settle::accounts

#include "core/smp/encode.hpp"

#include "core/smp/realm.hpp"

namespace harmonia::smp {

namespace {

/// What is the same in every message of a kind. The kind is the type.
struct Kind {
    std::string_view name, properties;
};

#define SMP_KIND(name)                                                                             \
    {                                                                                              \
#name, "{\"content_type\":\"application/json\",\"type\":\"" #name                          \
               "\",\"delivery_mode\":2,\"app_id\":\"swpt_accounts\"}"                              \
    }

constexpr Kind kind_of(const RejectedConfig&) {
    return SMP_KIND(RejectedConfig);
}
constexpr Kind kind_of(const RejectedTransfer&) {
    return SMP_KIND(RejectedTransfer);
}
constexpr Kind kind_of(const PreparedTransfer&) {
    return SMP_KIND(PreparedTransfer);
}
constexpr Kind kind_of(const FinalizedTransfer&) {
    return SMP_KIND(FinalizedTransfer);
}
constexpr Kind kind_of(const AccountUpdate&) {
    return SMP_KIND(AccountUpdate);
}
constexpr Kind kind_of(const AccountTransfer&) {
    return SMP_KIND(AccountTransfer);
}
constexpr Kind kind_of(const AccountPurge&) {
    return SMP_KIND(AccountPurge);
}
constexpr Kind kind_of(const PendingBalanceChange&) {
    return SMP_KIND(PendingBalanceChange);
}
constexpr Kind kind_of(const ChangeInterestRate&) {
    return SMP_KIND(ChangeInterestRate);
}
constexpr Kind kind_of(const UpdateDebtorInfo&) {
    return SMP_KIND(UpdateDebtorInfo);
}
constexpr Kind kind_of(const CapitalizeInterest&) {
    return SMP_KIND(CapitalizeInterest);
}
constexpr Kind kind_of(const TryToDeleteAccount&) {
    return SMP_KIND(TryToDeleteAccount);
}

#undef SMP_KIND

template <typename Message>
void begin(const Message& message, Wire& wire) {
    const Kind kind = kind_of(message);
    wire.kind = kind.name;
    wire.properties = kind.properties;
    wire.routing_key.clear();
    wire.headers.clear();
    wire.body.clear();
    wire.mandatory = true;
    append_body(wire.body, message);
}

void begin_headers(Wire& wire, const AccountKey& account) {
    std::string& out = wire.headers;
    out.append(R"({"message-type":")").append(wire.kind);
    out.append(R"(","debtor-id":)").append(std::to_string(account.debtor_id));
    out.append(R"(,"creditor-id":)").append(std::to_string(account.creditor_id));
}

/// To whoever owns the account.
template <typename Message>
void encode_for_owner(const Message& message, Wire& wire) {
    begin(message, wire);
    const AccountKey& account = message.account;
    const bool root = account.creditor_id == k_root_creditor;
    wire.exchange = root ? k_to_debtors : k_to_creditors;
    append_hex_key(wire.routing_key, root ? account.debtor_id : account.creditor_id);
    begin_headers(wire, account);
    wire.headers += '}';
}

/// To whoever coordinates the transfer.
template <typename Message>
void encode_for_coordinator(const Message& message, Wire& wire) {
    begin(message, wire);
    wire.exchange = k_to_coordinators;
    append_hex_key(wire.routing_key, message.coordinator.id);
    begin_headers(wire, message.sender);
    wire.headers.append(R"(,"coordinator-id":)").append(std::to_string(message.coordinator.id));
    wire.headers.append(R"(,"coordinator-type":)");
    append_text(wire.headers, message.coordinator.type);
    wire.headers += '}';
}

struct Encoder {
    Wire& wire;

    void operator()(const RejectedConfig& m) const { encode_for_owner(m, wire); }
    void operator()(const AccountTransfer& m) const { encode_for_owner(m, wire); }
    void operator()(const AccountPurge& m) const { encode_for_owner(m, wire); }
    void operator()(const RejectedTransfer& m) const { encode_for_coordinator(m, wire); }
    void operator()(const PreparedTransfer& m) const { encode_for_coordinator(m, wire); }
    void operator()(const FinalizedTransfer& m) const { encode_for_coordinator(m, wire); }
    void operator()(const AccountUpdate& m) const {
        encode_for_owner(m, wire);
        // The agent of a debtor who has given up may be gone, and its queue with it.
        wire.mandatory = m.account.creditor_id != k_root_creditor ||
                         (m.config_flags & k_scheduled_for_deletion) == 0;
    }
};

} // namespace

void encode(const Signal& signal, Wire& wire) {
    std::visit(Encoder{wire}, signal);
}

void encode(const PendingBalanceChange& change, Wire& wire) {
    begin(change, wire);
    wire.exchange = k_accounts_in;
    append_binary_key(wire.routing_key, change.account);
    begin_headers(wire, change.account);
    wire.headers += '}';
}

void encode(const Chore& chore, std::string_view queue, Wire& wire) {
    std::visit([&](const auto& message) { begin(message, wire); }, chore);
    wire.exchange = {};
    wire.routing_key = queue;
    wire.headers = "{}";
}

} // namespace harmonia::smp

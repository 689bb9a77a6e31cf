// From a message's value to what is published: compact JSON as the protocol's other implementations
// write it, routing key, headers and the mandatory flag.
//
// Whole numbers have no point, reals always one or an exponent (the shortest text that reads back
// as the same number; single precision where the field is; an exponent outside 1e-4…1e16).
// Date-times have six digits of fraction or none, and `+00:00`. Texts are raw UTF-8.
#pragma once

#include "core/smp/messages.hpp"

#include <string>
#include <string_view>

namespace harmonia::smp {

inline constexpr std::string_view k_accounts_in = "accounts_in"; ///< exchanges
inline constexpr std::string_view k_to_creditors = "to_creditors";
inline constexpr std::string_view k_to_debtors = "to_debtors";
inline constexpr std::string_view k_to_coordinators = "to_coordinators";
inline constexpr std::string_view k_app_id = "swpt_accounts";

/// One message as ops.outbox keeps it (broker::Message with the properties as JSON).
struct Wire {
    std::string_view kind; ///< the message's type; a constant, as are the two below
    std::string_view exchange;
    std::string_view properties; ///< JSON
    std::string routing_key;
    std::string headers; ///< JSON
    std::string body;
    bool mandatory = true;
};

/// Fill `wire`, whose texts keep their memory from one message to the next.
void encode(const Signal& signal, Wire& wire);
void encode(const PendingBalanceChange& change, Wire& wire);
/// Through the default exchange to `queue`, without headers.
void encode(const Chore& chore, std::string_view queue, Wire& wire);

/// The body alone, appended.
void append_body(std::string& out, const RejectedConfig& message);
void append_body(std::string& out, const RejectedTransfer& message);
void append_body(std::string& out, const PreparedTransfer& message);
void append_body(std::string& out, const FinalizedTransfer& message);
void append_body(std::string& out, const AccountUpdate& message);
void append_body(std::string& out, const AccountTransfer& message);
void append_body(std::string& out, const AccountPurge& message);
void append_body(std::string& out, const PendingBalanceChange& message);
void append_body(std::string& out, const ChangeInterestRate& message);
void append_body(std::string& out, const UpdateDebtorInfo& message);
void append_body(std::string& out, const CapitalizeInterest& message);
void append_body(std::string& out, const TryToDeleteAccount& message);

/// Values as they stand in a body.
void append_real(std::string& out, double value);
void append_real(std::string& out, float value);
void append_instant(std::string& out, std::int64_t instant_us); ///< with quotes
void append_text(std::string& out, std::string_view text);      ///< with quotes

} // namespace harmonia::smp

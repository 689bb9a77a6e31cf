// Notifications of verdicts, written in the transaction that stores them: alerts, and messages to
// the exchange harmonia.txn.out.
#pragma once

#include "core/db/connection.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/screen/facts/history.hpp"
#include "jobs/screen/judge/judge.hpp"
#include "jobs/screen/judge/payment_state.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::screen {

/// The run and rule set that a verdict comes from.
struct VerdictOrigin {
    std::string run_id, ruleset, digest;
    int version = 0;
    std::int64_t run = 0, cut_seq = 0, verdict_id = 0;
    int rev = 1;
};

/// The alert of a verdict whose outcome the rule set raises alerts for: labels that it is routed
/// and grouped by, details with a masked card. `kind`: fraud.verdict or fraud.late_evidence.
[[nodiscard]] observe::AlertEvent verdict_alert(const Ruleset& ruleset, const History& history,
                                                const Judgement& judgement,
                                                const VerdictOrigin& origin, const char* kind,
                                                const std::string& severity);

/// txn.approved, txn.review, txn.declined, txn.void: the new state of a payment.
struct TxnMessage {
    std::int64_t payment_id = 0;
    std::string source, feed_type, external_id;
    State to = State::held;
    std::string ruleset, decided_by;
    int version = 0, rev = 1, score = 0;
};
/// Writes a row of ops.outbox for each message, and one NOTIFY. `legacy_reply`: each body also has
/// the members that the fraud service of 2018 answered with,
/// `{"code":200,"message":{"isFraud":…}}`.
void publish(db::Transaction& tx, const std::vector<TxnMessage>& messages, bool legacy_reply);

} // namespace harmonia::screen

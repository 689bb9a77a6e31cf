// What others are told of verdicts, in the transaction that stores them: alerts, and messages to
// the exchange harmonia.txn.out.
#pragma once

#include "core/db/connection.hpp"
#include "core/observe/alert_event.hpp"
#include "jobs/screen/decide.hpp"
#include "jobs/screen/history.hpp"
#include "jobs/screen/judge.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::screen {

/// Where one verdict belongs.
struct Told {
    std::string run_id, ruleset, digest;
    int version = 0;
    std::int64_t run = 0, cut_seq = 0, verdict_id = 0;
    int rev = 1;
};

/// The alert of a verdict whose outcome the rule set wants told: labels by which it is routed and
/// grouped, details with a masked card. `kind`: fraud.verdict or fraud.late_evidence.
[[nodiscard]] observe::AlertEvent verdict_alert(const Ruleset& ruleset, const History& history,
                                                const Judgement& judgement, const Told& told,
                                                const char* kind, const std::string& severity);

/// txn.approved, txn.review, txn.declined, txn.void: where a payment went.
struct TxnMessage {
    std::int64_t payment_id = 0;
    std::string source, feed_type, external_id;
    State to = State::held;
    std::string ruleset, decided_by;
    int version = 0, rev = 1, score = 0;
};
/// One row of ops.outbox each, and one NOTIFY. `legacy_reply`: with the answer of the 2018 fraud
/// service, `{"code":200,"message":{"isFraud":…}}`, among our members.
void publish(db::Transaction& tx, const std::vector<TxnMessage>& messages, bool legacy_reply);

} // namespace harmonia::screen

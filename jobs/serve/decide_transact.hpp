// What the transact API answers: the bodies of the 2018 services, for our states. Pure.
#pragma once

#include "core/base/expected.hpp"
#include "core/net/router.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace harmonia::serve {

/// harmonia.payment_transaction.screen; `none`: no rule set must approve.
enum class Screened { none, held, review, approved, declined, voided };
[[nodiscard]] std::optional<Screened> screened_of(std::string_view text);

/// The number that is answered for a transaction id: the id if it is a number, else the row's id.
[[nodiscard]] std::string transaction_number(std::string_view transaction_id,
                                             std::int64_t payment_id);

/// An id for a request without one: made from its Idempotency-Key (the same key gives the same id),
/// or random. A number of at most 18 digits.
[[nodiscard]] std::string id_of_key(std::string_view idempotency_key);
[[nodiscard]] std::string random_id();

/// POST /transact. 200: approved, under review, or not screened; 200 with code 12: declined, with
/// code 17: cancelled by its source; 202 with code 11: not decided yet.
[[nodiscard]] net::Response transact_answer(Screened state, const std::string& number);
/// 400 with the reasons.
[[nodiscard]] net::Response transact_refusal(const Problem& problem);

/// The fraud service's answer: isFraud is true exactly when declined; 202 when not decided yet,
/// which its 2018 caller treats as a failed call.
[[nodiscard]] net::Response fraud_answer(Screened state);
[[nodiscard]] net::Response fraud_refusal();

[[nodiscard]] net::Response index_page();

} // namespace harmonia::serve

// What becomes of a delivery: pure functions of the target, the answer, the attempt and the clock.
#pragma once

#include "core/claim/ladder.hpp"
#include "core/net/http_client.hpp"
#include "exporters/target.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace harmonia::exporting {

using claim::Instant;

/// The outcome of one attempt.
struct Verdict {
    enum class Kind { delivered, put_off, failed } kind = Kind::delivered;
    Instant when{};     ///< put_off: until when
    std::string detail; ///< for people and harmonia.export_attempt
};
[[nodiscard]] const char* verdict_name(Verdict::Kind kind);

/// The answer to attempt number `attempt` (from 0) of an HTTP delivery.
[[nodiscard]] Verdict judge(const exporters::HttpSink& sink, const net::HttpAnswer& answer,
                            int attempt, Instant now);

/// When a row may first be sent, if its gate still holds it back at `now`.
[[nodiscard]] std::optional<Instant> held_until(const exporters::Target& target,
                                                const exporters::Row& row, Instant now);

/// The delay before an outbox row is sent again after the broker refused it `attempts` times (from
/// 1): 10 s, doubled each time, at most 15 min, since a queue that is declared late must not wait
/// for hours.
[[nodiscard]] std::chrono::seconds outbox_retry_delay(int attempts);

} // namespace harmonia::exporting

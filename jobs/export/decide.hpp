// What becomes of a delivery: pure functions of the target, the answer, the attempt and the clock.
#pragma once

#include "core/claim/ladder.hpp"
#include "core/net/http_client.hpp"
#include "exporters/target.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace harmonia::export_job {

using claim::Instant;

/// What one attempt came to.
struct Verdict {
    enum class Kind { delivered, put_off, failed } kind = Kind::delivered;
    Instant when{};     ///< put_off: not before
    std::string detail; ///< for people and harmonia.export_attempt
};
[[nodiscard]] const char* verdict_name(Verdict::Kind kind);

/// The answer to attempt number `attempt` (from 0) of an HTTP delivery.
[[nodiscard]] Verdict judge(const exporters::HttpSink& sink, const net::HttpAnswer& answer,
                            int attempt, Instant now);

/// When a row may first be sent, if its gate still holds it back at `now`.
[[nodiscard]] std::optional<Instant> held_until(const exporters::Target& target,
                                                const exporters::Row& row, Instant now);

/// How long an outbox row rests after its broker refused it `attempts` times (from 1): 10 s,
/// doubled each time, at most 15 min: a queue that is declared late must not wait for hours.
[[nodiscard]] std::chrono::seconds outbox_rest(int attempts);

} // namespace harmonia::export_job

#include "jobs/export/decide.hpp"

#include "core/base/text.hpp"
#include "core/time/zone.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::exporting {
namespace {

constexpr std::size_t k_detail_bytes = 200; // of a response: enough to see the reason
constexpr std::chrono::seconds k_delay_first{10};
constexpr std::chrono::seconds k_delay_max{900};

Instant next_local_time(const std::string& at, const std::string& zone, Instant now) {
    const auto parts = split(at, ':'); // checked when the declaration was read
    const auto minutes = *parse_int(parts[0]) * 60 + *parse_int(parts[1]);
    return Instant(std::chrono::microseconds(time::Zone::find(zone)->next_time_of_day(
        now.time_since_epoch().count(), static_cast<int>(minutes))));
}

std::string detail_of(const net::HttpAnswer& answer) {
    if (answer.status == 0)
        return printable(answer.error, k_detail_bytes);
    return fmt::format("HTTP {}: {}", answer.status,
                       mask_digits(printable(answer.body, k_detail_bytes)));
}

} // namespace

const char* verdict_name(Verdict::Kind kind) {
    switch (kind) {
    case Verdict::Kind::delivered:
        return "delivered";
    case Verdict::Kind::put_off:
        return "put_off";
    case Verdict::Kind::failed:
        return "failed";
    }
    return "";
}

Verdict judge(const exporters::HttpSink& sink, const net::HttpAnswer& answer, int attempt,
              Instant now) {
    if (answer.status != 0 && sink.succeeded(answer.status))
        return {Verdict::Kind::delivered, {}, fmt::format("HTTP {}", answer.status)};
    const auto again = claim::next_attempt(sink.ladder, attempt, now, next_local_time);
    if (again)
        return {Verdict::Kind::put_off, *again, detail_of(answer)};
    return {Verdict::Kind::failed, {}, detail_of(answer)};
}

std::optional<Instant> held_until(const exporters::Target& target, const exporters::Row& row,
                                  Instant now) {
    if (target.min_age.count() == 0)
        return std::nullopt;
    static const auto purchase = exporters::row_index("transaction_date");
    static const auto created = exporters::row_index("created_at");
    const auto& from = row.values[target.age_of_purchase ? purchase : created];
    const auto due = Instant(std::chrono::microseconds(from.integer)) + target.min_age;
    return due > now ? std::optional(due) : std::nullopt;
}

std::chrono::seconds outbox_retry_delay(int attempts) {
    auto delay = k_delay_first;
    for (int i = 1; i < attempts && delay < k_delay_max; ++i)
        delay *= 2;
    return std::min(delay, k_delay_max);
}

} // namespace harmonia::exporting

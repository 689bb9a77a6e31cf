#include "jobs/settle/accounts/procedures/settings.hpp"

#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "core/smp/decode.hpp"
#include "core/time/civil.hpp"
#include "core/time/clock.hpp"

#include <fmt/format.h>

namespace harmonia::settle::accounts {
namespace {

constexpr std::int64_t k_day = k_day_us;

std::int64_t delay(config::Reader& reader, const char* key, std::int64_t otherwise_us,
                   std::int64_t least_us, std::int64_t most_us) {
    const auto value = reader.optional(key);
    if (!value)
        return otherwise_us;
    const std::int64_t us = value->as_duration_ms() * 1000;
    if (us < least_us || us > most_us)
        value->fail(fmt::format("must be between {} and {} days, got {:g}", least_us / k_day,
                                most_us / k_day,
                                static_cast<double>(us) / static_cast<double>(k_day)));
    return us;
}

// A change committed before the threshold is dropped when it arrives, so none may still be on its
// way.
void check_age(const config::Value& value, std::int64_t threshold_us, const Settings& settings) {
    const std::int64_t latest = time::system_clock().now_us() - settings.terms.intranet_delay_us;
    if (threshold_us > 0 && threshold_us > latest)
        value.fail(fmt::format("{} is too recent: balance changes committed before it may still be "
                               "on their way",
                               time::print_utc(threshold_us)),
                   fmt::format("Choose a time before {}: longer ago than accounts.delays.intranet.",
                               time::print_utc(latest)));
}

std::int64_t threshold(config::Reader& reader, const Settings& settings) {
    const auto value = reader.optional("archive_threshold");
    if (!value || value->as_text().empty())
        return 0;
    std::string text = value->as_text();
    if (text.size() == 10)
        text += "T00:00:00Z";
    const auto instant = smp::parse_instant(text);
    if (!instant)
        value->fail("must be a date or an RFC 3339 timestamp, got '" + value->as_text() + "'",
                    "Write it as 2026-01-31 or 2026-01-31T00:00:00Z.");
    check_age(*value, *instant, settings);
    return *instant;
}

void read_terms(const config::Value& section, Terms& terms) {
    constexpr std::int64_t k_most = 3650 * k_day;
    config::Reader reader(section);
    terms.message_delay_us = delay(reader, "message", terms.message_delay_us, k_day, k_most);
    terms.intranet_delay_us = delay(reader, "intranet", terms.intranet_delay_us, k_day, k_most);
    terms.heartbeat_us = delay(reader, "heartbeat", terms.heartbeat_us, 0, 14 * k_day);
    terms.commit_period_us = delay(reader, "commit", terms.commit_period_us, 30 * k_day, k_most);
    terms.reminder_us = delay(reader, "reminder", terms.reminder_us, 0, k_most);
    terms.capitalization_us =
        delay(reader, "capitalization", terms.capitalization_us, 0, 92 * k_day);
    terms.deletion_attempts_us = delay(reader, "deletion", terms.deletion_attempts_us, 0, k_most);
    reader.finish();
    if (terms.commit_period_us < std::max(terms.message_delay_us, terms.intranet_delay_us))
        section.fail("delays.commit must be at least delays.message and delays.intranet",
                     "A prepared transfer must outlive every message about it.");
}

} // namespace

smp::Realm realm_at(const config::Value& value) {
    const auto realm = smp::Realm::parse(value.as_text());
    if (!realm)
        value.fail("must be a realm, got '" + value.as_text() + "'", smp::k_realm_form);
    return *realm;
}

Settings read_settings(const config::Value& root) {
    const auto section = config::lookup(root, "accounts");
    if (!section)
        root.fail("section accounts is missing");
    config::Reader reader(*section);
    Settings settings;
    if (const auto realm = reader.optional("realm"))
        settings.realm = realm_at(*realm);
    settings.strict_realm = reader.boolean("strict_realm", false);
    settings.local_changes_direct =
        reader.choice("local_changes", {"direct", "broker"}, "direct") == "direct";
    settings.drop_parent_rows = reader.boolean("drop_parent_rows", false);
    settings.reach_patience_us = delay(reader, "reach_patience", 60'000'000, 0, k_day);
    settings.batch_rows = static_cast<std::size_t>(reader.integer("batch_rows", 5000, 1, 50'000));
    settings.workers = static_cast<int>(reader.integer("workers", 2, 1, 64));
    settings.dead_letter_queue_type =
        reader.choice("dead_letter_queue_type", {"quorum", "stream"}, "quorum");
    if (const auto ratio = reader.optional("max_interest_to_principal")) {
        settings.terms.max_interest_to_principal = ratio->as_number();
        if (!(settings.terms.max_interest_to_principal > 0) ||
            settings.terms.max_interest_to_principal > 0.1)
            ratio->fail("must be above 0 and at most 0.1, got '" + ratio->as_text() + "'");
    }
    if (const auto delays = reader.optional("delays"))
        read_terms(*delays, settings.terms);
    settings.archive_threshold_us = threshold(reader, settings);
    for (const char* of_the_fetch_api : {"shards", "fetch", "fetch_url"})
        static_cast<void>(reader.has(of_the_fetch_api));
    reader.finish();
    return settings;
}

} // namespace harmonia::settle::accounts

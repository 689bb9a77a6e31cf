#include "jobs/screen/store/settings.hpp"

#include "core/config/config.hpp"

#include <algorithm>
#include <thread>

namespace harmonia::screen {
namespace {

constexpr unsigned k_threads_max = 64;

} // namespace

Settings read_settings(const config::Value& root, db::Settings database) {
    Settings settings;
    settings.database = std::move(database);
    if (const auto alerts = config::lookup(root, "alerts.publish"))
        settings.publish.alerts = alerts->as_boolean();
    const auto section = config::lookup(root, "screening");
    if (!section)
        return settings;
    config::Reader reader(*section);
    settings.second_person = reader.boolean("require_second_person", settings.second_person);
    settings.publish.publish = reader.boolean("publish", settings.publish.publish);
    if (const auto legacy = reader.optional("legacy_reply")) {
        settings.publish.legacy_reply = legacy->as_boolean();
        if (settings.publish.legacy_reply && !settings.publish.publish)
            legacy->fail("legacy_reply requires publish: true");
    }
    if (const auto due = reader.optional("review_due"))
        settings.publish.review_due_ms = due->as_duration_ms();
    settings.rate.percent = static_cast<int>(reader.integer("decline_alert", 0, 0, 100));
    settings.rate.rows = reader.integer("decline_alert_rows", settings.rate.rows, 1, 100'000'000);
    settings.chunk_rows = static_cast<std::size_t>(
        reader.integer("chunk_rows", static_cast<long long>(settings.chunk_rows), 1, k_chunk_rows));
    if (const auto memory = reader.optional("memory")) {
        settings.memory = static_cast<std::uint64_t>(memory->as_size_bytes());
        if (settings.memory < k_memory_min)
            memory->fail("memory must be at least 64MiB");
    }
    settings.threads = static_cast<unsigned>(reader.integer("threads", 0, 0, k_threads_max));
    if (settings.threads == 0)
        settings.threads = std::max(1U, std::thread::hardware_concurrency());
    reader.finish();
    return settings;
}

} // namespace harmonia::screen

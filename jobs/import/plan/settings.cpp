#include "jobs/import/plan/settings.hpp"

#include "core/config/config.hpp"

namespace harmonia::importing {

Settings read_settings(const config::Value& root) {
    const auto section = config::lookup(root, "import");
    if (!section)
        root.fail("the section import is missing");
    config::Reader reader(*section);
    Settings settings;
    settings.base = reader.required("base").as_text();
    settings.archive = reader.required("archive").as_text();
    settings.rejected = reader.required("rejected").as_text();
    settings.spool = reader.required("spool").as_text();
    settings.block.rows =
        static_cast<std::uint64_t>(reader.integer("block_rows", 50'000, 1, 1'000'000));
    settings.pending_max =
        static_cast<std::uint64_t>(reader.integer("max_pending", 500'000, 1, 1'000'000'000'000));
    settings.queue_prefetch =
        static_cast<std::uint16_t>(reader.integer("queue_prefetch", 2000, 1, 32'767));
    const auto wait = reader.required("queue_batch_wait");
    settings.queue_wait = std::chrono::milliseconds(wait.as_duration_ms());
    if (settings.queue_wait < std::chrono::milliseconds(0) ||
        settings.queue_wait > std::chrono::seconds(10))
        wait.fail("must be between 0ms and 10s");
    reader.finish();
    return settings;
}

} // namespace harmonia::importing

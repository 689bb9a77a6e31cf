// `harmonia export`: delivers the rows that targets are owed, then flushes the outbox; once, or
// until it is stopped. The namespace is `exporting` because `export` is a keyword.
#pragma once

#include "core/broker/settings.hpp"
#include "core/db/connection.hpp"
#include "exporters/target.hpp"
#include "jobs/export/deliver.hpp"
#include "jobs/export/outbox.hpp"

#include <string>
#include <utility>
#include <vector>

namespace harmonia::exporting {

struct Options {
    db::Settings database;
    broker::Settings broker;
    std::vector<exporters::Target> targets; ///< those to serve
    bool outbox = true;                     ///< flush the outbox too
    bool follow = false;
    std::size_t window = 500; ///< publisher confirms in flight
    std::string run_id;
};

struct Outcome {
    std::vector<std::pair<std::string, DeliveryCounts>> targets; ///< summed, in order
    OutboxCounts outbox;
};

/// Targets of `all` named in `wanted` (all when empty); sets `outbox` to whether the outbox is
/// flushed too. Error(usage) for an unknown name.
[[nodiscard]] std::vector<exporters::Target>
chosen(std::vector<exporters::Target> all, const std::vector<std::string>& wanted, bool& outbox);

/// One pass, or with `follow` passes until a stop is asked for, woken by NOTIFY harmonia_outbox or
/// every 5 s. A file that cannot be written does not keep the other targets waiting: its Error is
/// thrown at the end of the pass.
[[nodiscard]] Outcome run(const Options& options);

} // namespace harmonia::exporting

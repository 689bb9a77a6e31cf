// The section `accounts:` of the configuration.
#pragma once

#include "core/config/value.hpp"
#include "core/smp/realm.hpp"
#include "jobs/settle/accounts/procedures/decide.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace harmonia::settle::accounts {

struct Settings {
    smp::Realm realm;
    bool strict_realm = false;
    bool local_changes_direct = true;
    bool drop_parent_rows = false; ///< after a split: drop the rows of the other half
    std::int64_t archive_threshold_us = 0;
    std::int64_t reach_patience_us = 60'000'000;
    Terms terms;
    std::size_t batch_rows = 5000; ///< of one transaction
    int workers = 2;
    std::string dead_letter_queue_type = "quorum"; ///< or `stream`
};

/// Error(config), placed at the value, unless it is a valid realm.
[[nodiscard]] smp::Realm realm_at(const config::Value& value);

/// Error(config), placed at the mistake, also for delays that contradict each other, and for an
/// archive threshold so recent that changes committed before it may still be on their way.
[[nodiscard]] Settings read_settings(const config::Value& root);

} // namespace harmonia::settle::accounts

// The sinks `smp-accounts` and `smp-chores`: messages to the accounting authority become pending
// rows.
//
// A message is decoded strictly (core/smp/decode.hpp) and stored; nothing is decided here. Problems
// of add(): those of decoding, and `other_realm` for an account that another shard owns.
// Duplicates: a finalization that is already pending, a balance change that was received before.
// Skipped: a balance change from before the archive's threshold, another shard's chore.
#pragma once

#include "core/smp/realm.hpp"
#include "importers/sink/sink.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

struct SinkOptions {
    smp::Realm realm;
    /// A message for another shard ends the run (Error(data)) instead of becoming a dead letter.
    bool strict_realm = false;
    std::int64_t archive_threshold_us = 0;
    /// waiting() stops counting just above this (import.max_pending).
    std::uint64_t pending_max = 500'000;
};

[[nodiscard]] importers::SinkFactory requests_sink(const SinkOptions& options);
[[nodiscard]] importers::SinkFactory chores_sink(const SinkOptions& options);

} // namespace harmonia::settle::accounts

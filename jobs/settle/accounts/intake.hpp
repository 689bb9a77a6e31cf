// The sinks `smp-accounts` and `smp-chores`: where messages to the accounting authority become
// waiting rows.
//
// A message is decoded strictly (core/smp/decode.hpp) and stored; nothing is decided here. Problems
// of add(): those of decoding, `other_realm` for an account that another shard owns. Duplicates: a
// finalization that waits already, a balance change that was ever received. Skipped: a balance
// change from before the archive's threshold, another shard's chore.
#pragma once

#include "core/smp/realm.hpp"
#include "importers/sink.hpp"

#include <cstdint>

namespace harmonia::settle::accounts {

struct IntakeOptions {
    smp::Realm realm;
    /// A message for another shard ends the run (Error(data)) instead of becoming a dead letter.
    bool strict_realm = false;
    std::int64_t archive_threshold_us = 0;
    /// waiting() stops counting just above this (import.max_pending).
    std::uint64_t waiting_max = 500'000;
};

[[nodiscard]] importers::SinkFactory requests_factory(const IntakeOptions& options);
[[nodiscard]] importers::SinkFactory chores_factory(const IntakeOptions& options);

} // namespace harmonia::settle::accounts

// The sink `transactions`: where feeds of payments and of merchant rows end.
//
// A session serves one feed for one run of `import`. It reads the merchant identifiers once (they
// are few), maps records (importers/feed/feed.hpp), identifies their merchants
// (docs/reference/matching.md, "Identification"), and writes a block of them: the guard row
// (import_transaction), the raw form (import_record), and the payment or scheme row. Problems of
// add(): those of the feed's map, and `ambiguous_mid`: the identifiers of the record belong to
// several schemes.
#pragma once

#include "importers/sink/sink.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace harmonia::match {

struct SinkOptions {
    /// A merchant's matching mode (`rules`, `spotted`, `none`), for a feed's unless_merchant_mode.
    std::function<std::string(std::string_view merchant)> merchant_mode;
    /// waiting() stops counting just above this (import.max_pending).
    std::uint64_t waiting_max = 500'000;
};

[[nodiscard]] importers::SinkFactory transactions_sink(SinkOptions options);

} // namespace harmonia::match

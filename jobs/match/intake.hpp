// The sink `transactions`: where feeds of payments and of merchants end.
//
// One References serves a whole run of `import`: merchant identifiers are few, so they are read once and
// looked up in memory. Each feed then gets a session that maps records (importers/feed.hpp), says whose they
// are (docs/reference/matching.md, "Identification"), and writes a block of them: the guard row
// (import_transaction), the raw form (import_record), and the payment or scheme row.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/db/connection.hpp"
#include "importers/feed.hpp"
#include "importers/sink.hpp"

namespace harmonia::match {

/// A snapshot of harmonia.merchant_identifier. Immutable; any thread.
class References {
public:
    [[nodiscard]] static std::shared_ptr<const References> load(db::Transaction& tx);
    virtual ~References() = default;
};

struct IntakeOptions {
    std::shared_ptr<const importers::Feed> feed;
    std::shared_ptr<const References> references;
    /// How a merchant matches (`rules`, `spotted`, `none`), for the feed's unless_merchant_mode.
    std::function<std::string(std::string_view merchant)> merchant_mode;
    /// Which twin a record is, from 1, given its id made from content; asked by add(), in file order, for
    /// such records only. Twin 1 keeps the id, twin n gets `#n` appended.
    std::function<std::uint64_t(std::string_view content_id)> occurrence;
    /// waiting() stops counting just above this (import.max_pending).
    std::uint64_t waiting_max = 500'000;
};

/// A session for one feed, to be used as importers/sink.hpp says. Problems of add(): those of the feed's
/// map, and `ambiguous_mid`: the record's identifiers belong to several schemes.
[[nodiscard]] std::unique_ptr<importers::SinkSession> open_intake(IntakeOptions options);

} // namespace harmonia::match

// Open rejects by batch, with what is needed to read them again.
#pragma once

#include "core/db/connection.hpp"
#include "importers/sink/sink.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::importing {

struct OpenReject {
    std::int64_t id = 0;
    importers::Place place;
    std::string raw;
    bool exact = true;
    std::uint32_t occurrence = 1; ///< which of the batch's rejects with this content, from 1
};

/// A batch that was loaded, and open rejects of it.
struct RejectedBatch {
    std::int64_t id = 0;
    std::string feed, source, sha256, header;
    std::vector<OpenReject> rejects;
};

/// Rejects that one call of load_open_rejects() returns at most; bounds memory.
inline constexpr int k_rejects_a_round = 20'000;

/// The next open rejects after reject `after`, in id order: only `ids`, if not empty, and only of
/// `feed`, if given.
[[nodiscard]] std::vector<RejectedBatch> load_open_rejects(db::Transaction& tx,
                                                           const std::vector<std::int64_t>& ids,
                                                           const std::optional<std::string>& feed,
                                                           std::int64_t after);

} // namespace harmonia::importing

// A batch of deliveries: rows that are claimed and due. Too young and unusable ones among them are
// settled at once; the others are ready to be sent.
#pragma once

#include "core/db/connection.hpp"
#include "exporters/target.hpp"
#include "jobs/export/deliver.hpp"
#include "jobs/export/load.hpp"
#include "jobs/export/store.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace harmonia::exporting {

/// Makes the bytes of one row; on a Problem its export fails.
using Render = std::function<Expected<std::string>(const exporters::Row&, expr::Arena&)>;

struct Ready {
    Delivery delivery;
    std::string bytes;
};
struct Batch {
    db::Result source; ///< keeps texts of the rows alive
    std::vector<Ready> ready;
    std::size_t claimed = 0; ///< with those that are not ready; 0: nothing is due
};

/// Claims up to `limit` due rows and renders them. Rows that their gate holds back are put off,
/// those that lack data or cannot be rendered become EXPORT_FAILED, in this transaction, which the
/// caller commits.
[[nodiscard]] Batch claim_batch(db::Transaction& tx, const exporters::Target& target,
                                const std::string& owner, std::chrono::milliseconds lease,
                                int limit, const Render& render, DeliveryCounts& counts);

/// Adds the outcomes to the counts.
void count(const std::vector<Attempt>& attempts, DeliveryCounts& counts);

} // namespace harmonia::exporting

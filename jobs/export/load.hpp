// Reads of the export job: outbox rows by lane, and the rows that targets are owed.
#pragma once

#include "core/db/connection.hpp"
#include "exporters/row.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace harmonia::exporting {

/// Lanes with a row that is due and not above `id_max`, ascending.
[[nodiscard]] std::vector<int> lanes_with_work(db::Transaction& tx, std::int64_t id_max);
/// The highest id of the outbox, 0 when it is empty.
[[nodiscard]] std::int64_t outbox_end(db::Transaction& tx);

/// Keys of some lanes whose rows are not due yet, each from its first such row on.
struct HeldKeys {
    std::vector<std::string> keys;
    std::vector<std::int64_t> ids; ///< parallel: rows of the key from this id on must wait
};
[[nodiscard]] HeldKeys held_keys(db::Transaction& tx, const std::vector<int>& lanes);

struct OutboxRow {
    std::int64_t id;
    int lane, attempts;
    std::string key, exchange, routing_key, properties, headers, body;
    bool mandatory;
};
/// The next rows of each lane after its cursor (which moves), at most `per_lane` a lane, in id
/// order within a lane; rows above `id_max` and of held keys are left out.
[[nodiscard]] std::vector<OutboxRow> next_outbox_rows(db::Transaction& tx,
                                                      std::map<int, std::int64_t>& cursor,
                                                      const HeldKeys& held, std::int64_t id_max,
                                                      int per_lane);

/// One row that is owed to a target. Texts of `row` belong to the Owed that holds it.
struct Delivery {
    std::int64_t pending_id, export_id;
    int attempt;
    std::string uid;
    exporters::Row row;
};
struct Owed {
    db::Result source; ///< keeps the texts alive
    std::vector<Delivery> deliveries;
};
/// The rows of these ids of pending_export, in id order.
[[nodiscard]] Owed load_owed(db::Transaction& tx, const std::vector<std::int64_t>& pending_ids);
/// The rows that were written (or were to be) into that file.
[[nodiscard]] Owed load_named(db::Transaction& tx, const std::string& target,
                              const std::string& file_name);
/// Files of a target that have a name but are not known to be complete, oldest rows first.
[[nodiscard]] std::vector<std::string> unfinished_files(db::Transaction& tx,
                                                        const std::string& target);

} // namespace harmonia::exporting

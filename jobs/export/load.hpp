// Reads of the export job: outbox rows by lane, and the rows that targets are owed.
#pragma once

#include "core/db/connection.hpp"
#include "exporters/row.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace harmonia::export_job {

/// Lanes with a row that is due and not younger than `id_max`, rising.
[[nodiscard]] std::vector<int> lanes_with_work(db::Transaction& tx, long long id_max);
/// The highest id of the outbox, 0 when it is empty.
[[nodiscard]] long long outbox_end(db::Transaction& tx);

/// Keys of some lanes that wait for their time, each from its first waiting row on.
struct HeldKeys {
    std::vector<std::string> keys;
    std::vector<long long> ids; ///< parallel: rows of the key from this id on must wait
};
[[nodiscard]] HeldKeys held_keys(db::Transaction& tx, const std::vector<int>& lanes);

struct OutboxRow {
    long long id;
    int lane, attempts;
    std::string key, exchange, routing_key, properties, headers, body;
    bool mandatory;
};
/// The next rows of each lane after its cursor (which moves), at most `per_lane` a lane, in id
/// order within a lane; rows above `id_max` and of held keys are left out.
[[nodiscard]] std::vector<OutboxRow> next_outbox_rows(db::Transaction& tx,
                                                      std::map<int, long long>& cursor,
                                                      const HeldKeys& held, long long id_max,
                                                      int per_lane);

/// One delivery owed. Texts of `row` belong to the Owed that holds it.
struct Delivery {
    long long pending_id, export_id;
    int attempt;
    std::string uid;
    exporters::Row row;
};
struct Owed {
    db::Result source; ///< keeps the texts alive
    std::vector<Delivery> deliveries;
};
/// By pending_export.id, in that order.
[[nodiscard]] Owed load_owed(db::Transaction& tx, const std::vector<long long>& pending_ids);
/// The rows that were written (or were to be) into that file.
[[nodiscard]] Owed load_named(db::Transaction& tx, const std::string& target,
                              const std::string& file_name);
/// Files of a target that were named and are not known to be finished, oldest rows first.
[[nodiscard]] std::vector<std::string> unfinished_files(db::Transaction& tx,
                                                        const std::string& target);
/// The server's clock, microseconds since 1970.
[[nodiscard]] std::int64_t server_now_us(db::Transaction& tx);

} // namespace harmonia::export_job

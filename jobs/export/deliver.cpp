#include "jobs/export/deliver.hpp"

#include "core/base/hash.hpp"
#include "core/base/stop.hpp"
#include "jobs/export/batch.hpp"

namespace harmonia::exporting {
namespace {

constexpr std::chrono::minutes k_queue_lease{1}; // claimed and done in one transaction

OutboxEntry entry_of(const exporters::Target& target, const exporters::QueueSink& sink,
                     const Ready& ready) {
    std::string properties =
        R"({"content_type":"application/json","delivery_mode":2,"message_id":)";
    exporters::append_json_string(properties, ready.delivery.uid);
    properties += R"(,"type":)";
    exporters::append_json_string(properties, target.name);
    properties += '}';
    return {"export",         "export-" + ready.delivery.uid, sink.exchange,
            sink.routing_key, std::move(properties),          ready.bytes};
}

} // namespace

DeliveryCounts deliver_queue(db::Connection& connection, const exporters::Target& target,
                             const exporters::QueueSink& sink, const std::string& owner) {
    DeliveryCounts counts;
    const auto render = [&](const exporters::Row& row,
                            expr::Arena& arena) -> Expected<std::string> {
        std::string bytes;
        if (auto done = sink.record.append(bytes, row, arena); !done)
            return tl::unexpected(done.error());
        return bytes;
    };
    while (stop_signal() == 0) {
        db::Transaction tx(connection);
        const auto batch =
            claim_batch(tx, target, owner, k_queue_lease, target.batch_size, render, counts);
        if (batch.claimed == 0)
            break;
        std::vector<OutboxEntry> entries;
        std::vector<Attempt> attempts;
        for (const auto& ready : batch.ready) {
            entries.push_back(entry_of(target, sink, ready));
            attempts.push_back({ready.delivery.pending_id,
                                ready.delivery.export_id,
                                ready.delivery.attempt,
                                {Verdict::Kind::delivered, {}, "in the outbox"},
                                0,
                                sha256_hex(ready.bytes),
                                0});
        }
        store_outbox(tx, entries);
        store_attempts(tx, target.name, owner, attempts);
        tx.commit(Failpoint::export_delivered_commit);
        count(attempts, counts);
    }
    return counts;
}

DeliveryCounts deliver(db::Connection& connection, const exporters::Target& target,
                       const std::string& owner) {
    if (const auto* file = std::get_if<exporters::FileSink>(&target.sink))
        return deliver_file(connection, target, *file, owner);
    if (const auto* http = std::get_if<exporters::HttpSink>(&target.sink))
        return deliver_http(connection, target, *http, owner);
    return deliver_queue(connection, target, std::get<exporters::QueueSink>(target.sink), owner);
}

} // namespace harmonia::exporting

// HTTP targets: rows are claimed under a lease, sent outside any transaction, and their outcome is
// recorded in a second one.
#include "core/base/files.hpp"
#include "core/base/hash.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "jobs/export/batch.hpp"

#include <algorithm>

namespace harmonia::exporting {
namespace {

constexpr int k_rounds = 4; // of max_in_flight requests a claim: bounds lease and memory
constexpr std::chrono::milliseconds k_lease_slack{60'000};

using Headers = std::vector<std::pair<std::string, std::string>>;

/// One request and the rows in it.
struct Call {
    std::size_t begin, end; ///< in Batch::ready
    net::HttpRequest request;
    std::string digest;
};

Headers headers_of(const exporters::HttpSink& sink) {
    auto headers = sink.headers;
    headers.emplace_back("Content-Type", "application/json");
    if (sink.auth_kind == "none")
        return headers;
    const auto secret = read_secret_file(sink.auth_file);
    if (sink.auth_kind == "header")
        headers.emplace_back(sink.auth_header, secret);
    if (sink.auth_kind == "basic")
        headers.emplace_back("Authorization", "Basic " + base64(secret));
    if (sink.auth_kind == "bearer")
        headers.emplace_back("Authorization", "Bearer " + secret);
    return headers;
}

std::string body_of(const exporters::HttpSink& sink, const Batch& batch, std::size_t begin,
                    std::size_t end) {
    if (!sink.batch)
        return batch.ready[begin].bytes;
    std::string array = "[";
    for (auto i = begin; i < end; ++i) {
        if (i > begin)
            array += ',';
        array += batch.ready[i].bytes;
    }
    array += ']';
    if (sink.records_member.empty())
        return array;
    std::string body = "{";
    exporters::append_json_string(body, sink.records_member);
    return body + ":" + array + "}";
}

/// The same for the same rows, whenever they are sent.
std::string idempotency_key(const exporters::HttpSink& sink, const Batch& batch, std::size_t begin,
                            std::size_t end) {
    if (!sink.batch)
        return batch.ready[begin].delivery.uid;
    Sha256 digest;
    for (auto i = begin; i < end; ++i)
        digest.update(batch.ready[i].delivery.uid);
    return digest.finish_hex();
}

std::vector<Call> calls_of(const exporters::Target& target, const exporters::HttpSink& sink,
                           const Headers& headers, const Batch& batch) {
    std::vector<Call> calls;
    const auto step = static_cast<std::size_t>(target.batch_size);
    for (std::size_t begin = 0; begin < batch.ready.size(); begin += step) {
        const auto end = std::min(begin + step, batch.ready.size());
        Call call{
            begin, end, {sink.method, sink.url, body_of(sink, batch, begin, end), headers}, {}};
        call.request.headers.emplace_back("Idempotency-Key",
                                          idempotency_key(sink, batch, begin, end));
        call.digest = sha256_hex(call.request.body);
        calls.push_back(std::move(call));
    }
    return calls;
}

/// Records the outcome of each row; rows whose request was not sent are released.
void record(db::Connection& connection, const exporters::Target& target,
            const exporters::HttpSink& sink, const std::string& owner, const Batch& batch,
            const std::vector<Call>& calls, const std::vector<net::HttpAnswer>& answers,
            DeliveryCounts& counts) {
    db::Transaction tx(connection);
    const Instant now{std::chrono::microseconds(db::server_clock(tx).us)};
    std::vector<Attempt> attempts;
    std::vector<std::int64_t> unsent;
    for (std::size_t c = 0; c < calls.size(); ++c) {
        const auto& answer = answers[c];
        for (auto i = calls[c].begin; i < calls[c].end; ++i) {
            const auto& delivery = batch.ready[i].delivery;
            if (!answer.sent) {
                unsent.push_back(delivery.pending_id);
                continue;
            }
            attempts.push_back({delivery.pending_id, delivery.export_id, delivery.attempt,
                                judge(sink, answer, delivery.attempt, now), answer.status,
                                calls[c].digest, answer.duration_ms});
        }
        counts.requests += answer.sent ? 1 : 0;
        if (answer.sent && !sink.succeeded(answer.status))
            log::warn("a delivery was not accepted",
                      {{"target", target.name},
                       {"status", answer.status},
                       {"outcome", verdict_name(attempts.back().verdict.kind)},
                       {"error", attempts.back().verdict.detail}});
    }
    store_attempts(tx, target.name, owner, attempts);
    claim::give_back(tx, pending_table(), owner, unsent);
    const bool any_failed =
        std::any_of(attempts.begin(), attempts.end(), [](const Attempt& attempt) {
            return attempt.verdict.kind != Verdict::Kind::delivered;
        });
    tx.commit(any_failed ? Failpoint::export_failed_commit : Failpoint::export_delivered_commit);
    count(attempts, counts);
}

} // namespace

DeliveryCounts deliver_http(db::Connection& connection, const exporters::Target& target,
                            const exporters::HttpSink& sink, const std::string& owner) {
    DeliveryCounts counts;
    const auto headers = headers_of(sink);
    net::HttpClient client(sink.limits);
    const auto render = [&](const exporters::Row& row,
                            expr::Arena& arena) -> Expected<std::string> {
        std::string bytes;
        if (auto done = sink.record.append(bytes, row, arena); !done)
            return tl::unexpected(done.error());
        return bytes;
    };
    const int limit = k_rounds * static_cast<int>(sink.limits.in_flight) * target.batch_size;
    const auto lease = (k_rounds + 1) * sink.limits.total_timeout + k_lease_slack;
    while (stop_signal() == 0) {
        Batch batch;
        {
            db::Transaction tx(connection);
            batch = claim_batch(tx, target, owner, lease, limit, render, counts);
            if (batch.claimed == 0)
                break;
            tx.commit(Failpoint::export_claim_commit);
        }
        const auto calls = calls_of(target, sink, headers, batch);
        if (calls.empty())
            continue;
        std::vector<net::HttpRequest> requests;
        for (const auto& call : calls)
            requests.push_back(call.request);
        record(connection, target, sink, owner, batch, calls, client.send_all(requests), counts);
    }
    return counts;
}

} // namespace harmonia::exporting

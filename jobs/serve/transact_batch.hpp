// Requests that come at the same time share a commit: each waits until its row is committed.
//
// A batch is a batch of `import` in every respect: a row of ops.import_batch with its place in the
// commit order, the sink that the feed names, rejects for what is refused, one NOTIFY.
#pragma once

#include "core/db/connection.hpp"
#include "importers/order_feed.hpp"
#include "importers/sink.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace harmonia::serve {

/// What became of one body.
struct Taken {
    std::string transaction_id;
    std::optional<Problem> refused;
};

/// Any thread may submit; one thread of its own writes.
class TransactBatcher {
public:
    TransactBatcher(std::shared_ptr<const importers::TextFeed> feed, importers::SinkFactory sink,
                    db::Settings database);
    ~TransactBatcher();
    TransactBatcher(const TransactBatcher&) = delete;
    TransactBatcher& operator=(const TransactBatcher&) = delete;

    /// Blocks until the row is committed (or was there). `id`: where the body has none. Throws what
    /// the database throws; the row may or may not be there then, and the same id tells.
    [[nodiscard]] Taken submit(std::string body, std::string id);

private:
    struct Waiting {
        std::string body, id;
        std::promise<Taken> done;
    };
    void work();
    void store(std::vector<Waiting>& batch);
    std::vector<Taken> write(std::span<const Waiting> batch);
    void open();

    std::shared_ptr<const importers::TextFeed> feed_;
    importers::SinkFactory sink_;
    db::Settings database_;
    std::unique_ptr<db::Connection> connection_;
    std::unique_ptr<importers::SinkSession> session_;
    std::chrono::steady_clock::time_point opened_;
    std::unique_ptr<importers::Splitter> splitter_;
    std::mutex mutex_; ///< guards the two below
    std::deque<Waiting> waiting_;
    bool stopping_ = false;
    std::condition_variable changed_;
    std::thread thread_; ///< last: it uses the rest
};

} // namespace harmonia::serve

// Requests that arrive at the same time share a commit: each waits until its row is committed.
//
// A batch is a batch of `import` in every respect: a row of ops.import_batch with its place in the
// commit order, the sink that the feed names, a reject for each refused body, one NOTIFY.
#pragma once

#include "core/db/connection.hpp"
#include "importers/feed/feed.hpp"
#include "importers/sink/sink.hpp"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace harmonia::serve {

/// The outcome of one body.
struct Taken {
    std::string transaction_id;
    std::optional<Problem> refused;
};

/// Any thread may submit; one thread of its own writes.
class TransactBatcher {
public:
    TransactBatcher(std::shared_ptr<const importers::Feed> feed, importers::SinkFactory sink,
                    db::Settings database);
    ~TransactBatcher();
    TransactBatcher(const TransactBatcher&) = delete;
    TransactBatcher& operator=(const TransactBatcher&) = delete;

    /// Blocks until the row is committed (or was there before). `id`: used where the body has none.
    /// Throws what the database throws; the row may or may not be there then: submitting the same
    /// id again is safe.
    [[nodiscard]] Taken submit(std::string body, std::string id);

private:
    struct Waiting {
        std::string body, id;
        std::promise<Taken> done;
    };
    /// A batch on its way: what is written, and what each request is answered.
    struct Batch {
        std::unique_ptr<importers::Block> block;
        std::vector<Taken> taken;
        std::vector<importers::Conflict> refused; ///< in the place: the request's number, from 1
    };
    void work();
    void store(std::vector<Waiting>& requests);
    [[nodiscard]] std::vector<Taken> write(std::span<const Waiting> requests);
    [[nodiscard]] Batch parse(std::span<const Waiting> requests);
    void open_session();

    std::shared_ptr<const importers::Feed> feed_;
    importers::SinkFactory sink_;
    db::Settings database_;
    std::unique_ptr<db::Connection> connection_;
    std::unique_ptr<importers::SinkSession> session_;
    std::chrono::steady_clock::time_point opened_;
    std::unique_ptr<importers::FieldParser> parser_;
    std::mutex mutex_; ///< guards the two below
    std::deque<Waiting> waiting_;
    bool stopping_ = false;
    std::condition_variable changed_;
    std::thread thread_; ///< last: it uses the rest
};

} // namespace harmonia::serve

#include "jobs/match/writer.hpp"

namespace harmonia::match {

Writer::Writer(const db::Settings& settings, const WriteFacts& facts, std::size_t sessions) {
    for (std::size_t i = 0; i < sessions; ++i)
        threads_.emplace_back([this, settings, facts] { work(settings, facts); });
}

Writer::~Writer() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        waiting_.reset();
    }
    changed_.notify_all();
}

void Writer::submit(Block block) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_ || failure_; });
    if (failure_)
        std::rethrow_exception(failure_);
    waiting_ = std::move(block);
    changed_.notify_all();
}

void Writer::finish() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return (!waiting_ && busy_ == 0) || failure_; });
    if (failure_)
        std::rethrow_exception(failure_);
}

void Writer::work(const db::Settings& settings, const WriteFacts& facts) {
    std::unique_lock lock(mutex_);
    try {
        std::unique_ptr<db::Connection> connection;
        std::optional<BlockStore> store;
        while (true) {
            changed_.wait(lock, [&] { return waiting_ || closed_ || failure_; });
            if (!waiting_ || failure_)
                return;
            Block block = std::move(*waiting_);
            waiting_.reset();
            ++busy_;
            changed_.notify_all();
            lock.unlock();
            if (!connection) {
                connection = db::connect(settings);
                store.emplace(*connection, facts);
            }
            store->write(std::move(block));
            lock.lock();
            --busy_;
            changed_.notify_all();
        }
    } catch (...) {
        if (!lock.owns_lock())
            lock.lock();
        if (!failure_)
            failure_ = std::current_exception();
        changed_.notify_all();
    }
}

} // namespace harmonia::match

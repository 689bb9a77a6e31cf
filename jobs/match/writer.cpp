#include "jobs/match/writer.hpp"

namespace harmonia::match {

Writer::Writer(const db::Settings& settings, WriteFacts facts)
    : thread_([this, settings, facts = std::move(facts)] { work(settings, facts); }) {}

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
    changed_.wait(lock, [&] { return (!waiting_ && !busy_) || failure_; });
    if (failure_)
        std::rethrow_exception(failure_);
}

void Writer::work(const db::Settings& settings, WriteFacts facts) {
    std::unique_lock lock(mutex_);
    try {
        std::unique_ptr<db::Connection> connection;
        std::optional<BlockStore> store;
        while (true) {
            changed_.wait(lock, [&] { return waiting_ || closed_; });
            if (!waiting_)
                return;
            const Block block = std::move(*waiting_);
            waiting_.reset();
            busy_ = true;
            changed_.notify_all();
            lock.unlock();
            if (!connection) {
                connection = db::connect(settings);
                store.emplace(*connection, facts);
            }
            store->write(block);
            lock.lock();
            busy_ = false;
            changed_.notify_all();
        }
    } catch (...) {
        if (!lock.owns_lock())
            lock.lock();
        busy_ = false;
        failure_ = std::current_exception();
        changed_.notify_all();
    }
}

} // namespace harmonia::match

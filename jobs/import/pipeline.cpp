#include "jobs/import/pipeline.hpp"

namespace harmonia::importing {

void Piece::clear() {
    block->clear();
    rejects.clear();
    reject_bytes = 0;
    warned = 0;
    counts = {};
}

Pipeline::Pipeline(importers::SinkSession& session, std::function<bool(Piece&)> fill)
    : fill_(std::move(fill)) {
    for (Piece& piece : pieces_)
        piece.block = session.new_block();
    thread_ = std::thread([this] { work(); });
}

Pipeline::~Pipeline() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

void Pipeline::work() {
    try {
        for (bool more = true; more;) {
            std::unique_lock lock(mutex_);
            // Piece n may be filled again when n - 2 was given back, that is, when n - 1 was taken.
            changed_.wait(lock, [this] { return stop_ || filled_ < taken_ + 1; });
            if (stop_)
                return;
            Piece& piece = pieces_[filled_ % 2];
            lock.unlock();
            piece.clear();
            more = fill_(piece);
            lock.lock();
            filled_ += more ? 1 : 0;
            done_ = !more;
            changed_.notify_all();
        }
    } catch (...) {
        const std::lock_guard lock(mutex_);
        failure_ = std::current_exception();
        changed_.notify_all();
    }
}

Piece* Pipeline::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return filled_ > taken_ || done_ || failure_ != nullptr; });
    if (filled_ == taken_) {
        if (failure_ != nullptr)
            std::rethrow_exception(failure_);
        return nullptr;
    }
    Piece* piece = &pieces_[taken_++ % 2];
    changed_.notify_all();
    return piece;
}

} // namespace harmonia::importing

#include "jobs/serve/sessions.hpp"

namespace harmonia::serve {
namespace {

constexpr std::chrono::milliseconds k_statement_timeout{5'000}; // callers do not wait longer

} // namespace

Sessions::Sessions(db::Settings settings) : settings_(std::move(settings)) {
    settings_.statement_timeout = k_statement_timeout;
    settings_.connect_wait = std::chrono::milliseconds{0};
}

Sessions::Session Sessions::open() const {
    try {
        return db::connect(settings_);
    } catch (const Error& error) {
        throw Error(Exit::unavailable, error.what(), error.hint());
    }
}

Sessions::Session Sessions::take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty())
        return nullptr;
    Session session = std::move(idle_.back());
    idle_.pop_back();
    return session;
}

void Sessions::keep(Session session) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(session));
}

} // namespace harmonia::serve

#include "core/db/connection.hpp"

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/base/text.hpp"
#include "core/db/dsn.hpp"
#include "core/db/failure.hpp"
#include "core/db/native.hpp"
#include "core/db/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace harmonia::db {
namespace {

constexpr int k_tries = 5;
constexpr int k_pause_shares = 15; // 1 + 2 + 4 + 8: the pauses between five tries double

// libpqxx says that a connection failed, not why; libpq, asked once more, gives the SQLSTATE.
[[noreturn]] void explain_refusal(const Settings& settings, const std::string& what) {
    native_connect(settings);
    throw connection_failure(what); // it works now: let the caller try again
}

std::unique_ptr<pqxx::connection> open(const Settings& settings, const std::string& place) {
    try {
        auto pq = std::make_unique<pqxx::connection>(connection_string(settings));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        // A silent new session would hold none of our locks and settings (docs/decisions/0006).
        pq->inhibit_reactivation(true);
#pragma GCC diagnostic pop
        return pq;
    } catch (const pqxx::failure& e) {
        explain_refusal(settings, fmt::format("cannot connect to database {}: {}", place,
                                              split(trim(e.what()), '\n').front()));
    }
}

// Waiting cures an absent server, not a wrong name or password.
bool worth_another_try(const Failure& failure) {
    return failure.exit() == Exit::unavailable;
}

} // namespace

Connection::Connection(const Settings& settings) : state_(std::make_unique<State>()) {
    state_->settings = settings;
    state_->place = dsn_place(settings.dsn);
    state_->pq = open(settings, state_->place);
    state_->notices = std::make_unique<NoticeLog>(*state_->pq);
    try {
        pqxx::nontransaction session(*state_->pq);
        session.exec(session_sql(settings));
    } catch (...) {
        rethrow(*state_->pq, state_->place);
    }
}

Connection::~Connection() = default;

const Settings& Connection::settings() const {
    return state_->settings;
}

int Connection::backend_pid() const {
    return state_->pq->backendpid();
}

void Connection::listen(const std::string& channel) {
    HARMONIA_CHECK(!state_->in_transaction);
    static_cast<void>(quoted_identifier(channel)); // refuses what is not one
    try {
        state_->listeners.push_back(
            std::make_unique<Listener>(*state_->pq, channel, state_->heard));
        if (!state_->pq->is_open())
            throw pqxx::broken_connection();
    } catch (...) {
        rethrow(*state_->pq, state_->place);
    }
}

bool Connection::wait_notification(std::chrono::milliseconds wait) {
    HARMONIA_CHECK(!state_->in_transaction);
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(wait).count();
    try {
        if (!state_->heard)
            state_->pq->await_notification(us / 1'000'000, us % 1'000'000);
        return std::exchange(state_->heard, false);
    } catch (...) {
        rethrow(*state_->pq, state_->place);
    }
}

void Connection::run_alone(std::string_view sql, Failpoint point) {
    HARMONIA_CHECK(!state_->in_transaction);
    failpoint_before(point);
    try {
        pqxx::nontransaction alone(*state_->pq);
        alone.exec(std::string(sql));
    } catch (...) {
        rethrow(*state_->pq, state_->place);
    }
    failpoint_after(point);
}

std::unique_ptr<Connection> connect(const Settings& settings) {
    for (int tried = 1;; ++tried) {
        try {
            return std::unique_ptr<Connection>(new Connection(settings));
        } catch (const Failure& failure) {
            if (tried == k_tries || settings.connect_wait.count() == 0 ||
                !worth_another_try(failure))
                throw;
            const auto pause = settings.connect_wait * (1 << (tried - 1)) / k_pause_shares;
            log::warn("database does not answer, trying again",
                      {{"try", tried}, {"pause_ms", pause.count()}, {"error", failure.what()}});
            if (sleep_unless_stopped(static_cast<int>(pause.count())))
                throw_if_stopped();
        }
    }
}

std::string quoted_identifier(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
    const bool good = !name.empty() && name.size() <= 63 && letter(name[0]) &&
                      std::all_of(name.begin(), name.end(),
                                  [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
    if (!good)
        throw Error(Exit::internal, fmt::format("not an SQL identifier: '{}'", printable(name)));
    return fmt::format("\"{}\"", name);
}

} // namespace harmonia::db

// What connection.hpp hides: libpqxx objects and the translation of its exceptions. Included by the
// sources of core/db only.
#pragma once

#include "core/db/connection.hpp"

#include <pqxx/pqxx>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::db {

/// Hands the server's notices to the log.
class NoticeLog : public pqxx::errorhandler {
public:
    using pqxx::errorhandler::errorhandler;
    bool operator()(const char message[]) noexcept override;
};

/// A channel listened to; which notification came does not matter, the rows are read anyway. That
/// one came is remembered: libpqxx also hands them over between the statements of other work.
class Listener : public pqxx::notification_receiver {
public:
    Listener(pqxx::connection_base& pq, const std::string& channel, bool& heard)
        : pqxx::notification_receiver(pq, channel), heard_(heard) {}
    void operator()(const std::string&, int) override { heard_ = true; }

private:
    bool& heard_;
};

struct Connection::State {
    Settings settings;
    std::string place; ///< for messages
    std::unique_ptr<pqxx::connection> pq;
    std::unique_ptr<NoticeLog> notices;               ///< dies before pq
    bool heard = false;                               ///< a notification nobody waited for yet
    std::vector<std::unique_ptr<Listener>> listeners; ///< die before pq
    bool in_transaction = false;
};

struct Transaction::State {
    Connection::State* connection = nullptr;
    std::unique_ptr<pqxx::transaction_base> pq;
    bool doomed = false; ///< a statement failed or a COPY was abandoned: only rollback is left
    bool closed = false; ///< commit or rollback was asked for
    bool ended = false;  ///< and answered: the connection may begin another

    void end() {
        ended = true;
        connection->in_transaction = false;
    }
};

struct ResultData {
    pqxx::result rows;
    std::vector<std::string_view> names; ///< of the columns; their bytes belong to rows
};

/// Inside a catch block: throws what libpqxx threw as db::Failure, InDoubt or Error(internal).
/// `place`: which database, for the message.
[[noreturn]] void rethrow(const pqxx::connection_base& connection, const std::string& place);

} // namespace harmonia::db

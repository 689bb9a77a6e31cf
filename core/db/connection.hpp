// PostgreSQL sessions. libpqxx stays behind this header (docs/decisions/0006-libpqxx.md).
//
// Every connection is made by connect(): silent reconnection is off (it would lose advisory locks
// and settings without a word), time zone UTC, search_path and time-outs set, application_name
// `harmonia/<command>/<run id prefix>`. A connection belongs to one thread at a time.
// Failures throw db::Failure, an Error whose exit code follows the SQLSTATE (see there).
#pragma once

#include "core/base/error.hpp"
#include "core/base/failpoint.hpp"
#include "core/db/array.hpp"
#include "core/db/param.hpp"
#include "core/db/result.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace harmonia::db {

/// How to reach one database and how its sessions behave.
struct Settings {
    std::string dsn;           ///< URI or keywords; empty = libpq's own defaults (PGHOST …)
    std::string password_file; ///< read at each connect, wins over the DSN's password; empty: none
    std::string application_name = "harmonia";
    std::string search_path = "harmonia, ops, public";
    std::chrono::milliseconds statement_timeout{0}; ///< 0 = none
    std::chrono::milliseconds lock_timeout{10'000};
    std::chrono::milliseconds idle_in_transaction_timeout{600'000};
    /// Plans that the sessions avoid (`seqscan`, `hashjoin`): for tables whose size changes so fast
    /// that the planner's statistics mislead it.
    std::vector<std::string> planner_without;
    /// Pauses between 5 tries to connect, in all; 0: one try.
    std::chrono::milliseconds connect_wait{30'000};
};

/// A server's refusal or a lost session. exit(): 69 connection lost or refused, 75 lock not
/// available, serialization or time-out, 77 privilege, 74 disk full, 78 unknown database, role or
/// table, or a read-only server, otherwise 1. what() is the server's message with its SQLSTATE;
/// values that the server quotes from rows are left out, long digit runs masked.
class Failure : public Error {
public:
    Failure(Exit exit, std::string sqlstate, const std::string& what, std::string hint = {});
    /// Five characters; empty when the server did not say (connection lost).
    [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }
    [[nodiscard]] bool unique_violation() const { return sqlstate_ == "23505"; }
    [[nodiscard]] bool retryable() const { return sqlstate_ == "40001" || sqlstate_ == "40P01"; }

private:
    std::string sqlstate_;
};

/// The answer to COMMIT never came: the change is either wholly there or wholly absent. Exit 69.
/// Whoever catches it looks the outcome up (by batch, run or claim) on a new connection; nobody
/// repeats blindly.
class InDoubt : public Failure {
public:
    explicit InDoubt(const std::string& what);
};

class Connection;
class Transaction;

/// COPY table (columns) FROM STDIN, text format. Use: field()…, end_row(), …, finish().
/// While it is open its transaction takes no other statement. Bounded memory: rows are sent as they
/// end.
class CopyIn {
public:
    CopyIn(Transaction& tx, std::string_view table, const std::vector<std::string>& columns);
    ~CopyIn(); ///< without finish(): abandoned, the transaction can only be rolled back
    CopyIn(const CopyIn&) = delete;
    CopyIn& operator=(const CopyIn&) = delete;
    CopyIn& field(std::string_view text); ///< escaped here
    CopyIn& field(const char* text) { return field(std::string_view(text)); }
    CopyIn& field(const std::string& text) { return field(std::string_view(text)); }
    template <std::integral T>
    CopyIn& field(T value) {
        if constexpr (std::same_as<T, bool>)
            return bare(value ? "t" : "f");
        else
            return integer(static_cast<std::int64_t>(value));
    }
    template <std::floating_point T>
    CopyIn& field(T value) {
        return bare(ValueText(value).view());
    }
    CopyIn& field(Instant value) { return bare(ValueText(value).view()); }
    CopyIn& field(Date value) { return bare(ValueText(value).view()); }
    CopyIn& field(const ArrayText& array) { return field(array.view()); }
    CopyIn& null();
    template <typename T>
    CopyIn& field(const std::optional<T>& v) {
        return v ? field(*v) : null();
    }
    /// The same with the field's place in db::Columns: a check, so that a row cannot be written in
    /// another order.
    template <typename Position, typename T>
    requires std::is_enum_v<Position> CopyIn& field(Position column, const T& value) {
        expect(static_cast<std::size_t>(column));
        return field(value);
    }
    void end_row();
    void finish();

private:
    CopyIn& integer(std::int64_t value);
    CopyIn& bare(std::string_view text); ///< without characters that must be escaped
    void expect(std::size_t column);
    struct State;
    std::unique_ptr<State> state_;
};

/// One transaction; one at a time on a connection. Rolls back when destroyed without commit; after
/// commit() or rollback() the connection may begin another. Begins at its first statement.
class Transaction {
public:
    enum class Mode { read_committed, repeatable_read_only };
    explicit Transaction(Connection& connection, Mode mode = Mode::read_committed);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    /// Runs one statement with parameters $1…; never build SQL from values.
    template <typename... A>
    Result exec(std::string_view sql, A&&... arguments) {
        const std::array<Param, sizeof...(A)> parameters{Param(std::forward<A>(arguments))...};
        return run(sql, parameters);
    }
    Result run(std::string_view sql, std::span<const Param> parameters);
    /// Several statements without parameters (migrations).
    void script(std::string_view sql);
    /// pg_export_snapshot(): lets CopyOut on another connection read what this transaction sees.
    [[nodiscard]] std::string export_snapshot();

    /// The only COMMIT there is (tests grep for others). Throws InDoubt when the answer is lost,
    /// and Error(internal) when a statement failed or a CopyIn was abandoned (the server would
    /// answer such a COMMIT with a silent rollback).
    void commit(Failpoint point);
    void rollback();

private:
    friend class CopyIn;
    struct State;
    std::unique_ptr<State> state_;
};

/// One session; made by connect() only. Once lost it stays lost: every later use throws
/// Failure(69), and locks it held are free.
class Connection {
public:
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    [[nodiscard]] const Settings& settings() const;
    [[nodiscard]] int backend_pid() const;
    /// LISTEN on `channel`, then wait up to `wait` for a NOTIFY; true when one came. Outside
    /// transactions.
    void listen(const std::string& channel);
    bool wait_notification(std::chrono::milliseconds wait);
    /// One statement that PostgreSQL refuses inside a transaction (CREATE DATABASE, CREATE INDEX
    /// CONCURRENTLY, VACUUM). It commits itself, hence the failpoint. Outside transactions.
    void run_alone(std::string_view sql, Failpoint point);

private:
    friend class Transaction;
    friend class SessionLock;
    friend std::unique_ptr<Connection> connect(const Settings& settings);
    explicit Connection(const Settings& settings);
    struct State;
    std::unique_ptr<State> state_;
};

/// A session ready for use. Tries 5 times with growing pauses (settings.connect_wait in all), then
/// Failure(69). What waiting cannot cure ends at once: Failure(78) for an unknown database or a
/// refused login, Error(config) for a malformed DSN.
[[nodiscard]] std::unique_ptr<Connection> connect(const Settings& settings);

/// now(): when the server began this transaction; the same at each call.
[[nodiscard]] Instant server_time(Transaction& tx);
/// clock_timestamp(): the server's clock at this moment.
[[nodiscard]] Instant server_clock(Transaction& tx);

/// The DSN as it may be shown, in keyword form: passwords as `***`. Error(config) when malformed;
/// the error does not quote the DSN.
[[nodiscard]] std::string masked_dsn(const std::string& dsn);

/// `name` quoted as an SQL identifier after checking that it is one ([a-z_][a-z0-9_]{0,62}).
[[nodiscard]] std::string quoted_identifier(std::string_view name);

} // namespace harmonia::db

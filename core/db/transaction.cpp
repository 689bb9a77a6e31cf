// Transaction over libpqxx: statements, the one COMMIT, rollback; and the server's times.
#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/db/session.hpp"

namespace harmonia::db {

/// A parameter as libpqxx takes it: copied once, not at each step.
struct ParamText {
    const std::optional<std::string>* text;
};

} // namespace harmonia::db

namespace pqxx {

template <>
struct string_traits<harmonia::db::ParamText> {
    static constexpr bool has_null() noexcept { return true; }
    static bool is_null(harmonia::db::ParamText param) { return !param.text->has_value(); }
    static std::string to_string(harmonia::db::ParamText param) { return **param.text; }
};

} // namespace pqxx

namespace harmonia::db {
namespace {

std::unique_ptr<pqxx::transaction_base> begin(pqxx::connection& pq, Transaction::Mode mode) {
    if (mode == Transaction::Mode::repeatable_read_only)
        return std::make_unique<pqxx::transaction<pqxx::repeatable_read, pqxx::read_only>>(pq);
    return std::make_unique<pqxx::work>(pq);
}

} // namespace

Transaction::Transaction(Connection& connection, Mode mode) : state_(std::make_unique<State>()) {
    HARMONIA_CHECK(!connection.state_->in_transaction);
    state_->connection = connection.state_.get();
    try {
        state_->pq = begin(*state_->connection->pq, mode);
    } catch (...) {
        rethrow(*state_->connection->pq, state_->connection->place);
    }
    state_->connection->in_transaction = true;
}

Transaction::~Transaction() {
    state_->pq.reset(); // rolls back what was not committed; never throws
    if (!state_->ended)
        state_->connection->in_transaction = false;
}

Result Transaction::run(std::string_view sql, std::span<const Param> parameters) {
    std::vector<ParamText> texts;
    texts.reserve(parameters.size());
    for (const Param& parameter : parameters)
        texts.push_back({&parameter.text});
    try {
        auto data = std::make_shared<ResultData>();
        data->rows =
            state_->pq->exec_params(std::string(sql), pqxx::prepare::make_dynamic_params(texts));
        for (pqxx::row_size_type column = 0; column < data->rows.columns(); ++column)
            data->names.emplace_back(data->rows.column_name(column));
        Result result;
        result.data_ = std::move(data);
        return result;
    } catch (...) {
        state_->doomed = true;
        rethrow(*state_->connection->pq, state_->connection->place);
    }
}

void Transaction::script(std::string_view sql) {
    try {
        state_->pq->exec(std::string(sql));
    } catch (...) {
        state_->doomed = true;
        rethrow(*state_->connection->pq, state_->connection->place);
    }
}

std::string Transaction::export_snapshot() {
    return std::string(exec("SELECT pg_export_snapshot() AS name").only().text("name"));
}

void Transaction::commit(Failpoint point) {
    if (state_->doomed)
        throw Error(Exit::internal, "commit of a transaction whose last statement failed");
    HARMONIA_CHECK(!state_->closed);
    failpoint_before(point);
    state_->closed = true;
    pqxx::connection& pq = *state_->connection->pq;
    try {
        // A session that the server has already ended is known to have committed nothing. The first
        // call reads the server's last words, the second sees that nothing follows.
        pq.get_notifs();
        pq.get_notifs();
        state_->pq->commit();
        state_->end();
    } catch (...) {
        rethrow(pq, state_->connection->place);
    }
    failpoint_after(point);
}

void Transaction::rollback() {
    state_->closed = true;
    try {
        state_->pq->abort();
        state_->end();
    } catch (...) {
        rethrow(*state_->connection->pq, state_->connection->place);
    }
}

Instant server_time(Transaction& tx) {
    return tx.exec("SELECT now() AS at").only().instant("at");
}

Instant server_clock(Transaction& tx) {
    return tx.exec("SELECT clock_timestamp() AS at").only().instant("at");
}

} // namespace harmonia::db

#include "core/broker/session.hpp"

#include "core/broker/connect_retry.hpp"
#include "core/broker/table.hpp"

#include <amqp.h>
#include <amqp_framing.h>

namespace harmonia::broker {
namespace {

/// Owns the memory that its tables point into.
class Pool {
public:
    Pool() { init_amqp_pool(&pool_, 4096); }
    ~Pool() { empty_amqp_pool(&pool_); }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    amqp_table_t table(const std::string& json) {
        const auto table = table_from_json(json, pool_);
        if (!table)
            throw Error(Exit::config, "arguments of a declaration: " + table.error().detail);
        return *table;
    }

private:
    amqp_pool_t pool_{};
};

} // namespace

struct Session::State {
    explicit State(const Settings& settings)
        : link(connect_with_retry(settings, [] { return false; })) {}
    ~State() { link->close(); }

    /// Checks the reply; a closed channel is opened again before its error is thrown on.
    void check(const std::string& doing) {
        try {
            link->check_reply(doing);
        } catch (const ChannelClosed&) {
            link->open_channel();
            throw;
        }
        link->release();
    }
    /// As check(), but false for "not found".
    bool found(const std::string& doing) {
        try {
            check(doing);
        } catch (const ChannelClosed& problem) {
            if (problem.code() == AMQP_NOT_FOUND)
                return false;
            throw;
        }
        return true;
    }

    std::unique_ptr<Link> link;
};

Session::Session(Settings settings) : state_(std::make_unique<State>(settings)) {}
Session::~Session() = default;

Declared& Declared::operator+=(const Declared& other) {
    exchanges += other.exchanges;
    queues += other.queues;
    bindings += other.bindings;
    return *this;
}

Declared Session::declare(const Topology& topology) {
    auto* state = state_->link->state();
    for (const auto& exchange : topology.exchanges) {
        Pool pool;
        amqp_exchange_declare(state, Link::k_channel, to_bytes(exchange.name),
                              to_bytes(exchange.type), 0, exchange.durable ? 1 : 0, 0, 0,
                              pool.table(exchange.arguments));
        state_->check("declaring exchange '" + exchange.name + "'");
    }
    for (const auto& queue : topology.queues) {
        Pool pool;
        amqp_queue_declare(state, Link::k_channel, to_bytes(queue.name), 0, queue.durable ? 1 : 0,
                           0, 0, pool.table(queue.arguments));
        state_->check("declaring queue '" + queue.name + "'");
    }
    for (const auto& binding : topology.bindings) {
        Pool pool;
        amqp_queue_bind(state, Link::k_channel, to_bytes(binding.queue), to_bytes(binding.exchange),
                        to_bytes(binding.routing_key), pool.table(binding.arguments));
        state_->check("binding queue '" + binding.queue + "' to exchange '" + binding.exchange +
                      "'");
    }
    for (const auto& binding : topology.exchange_bindings) {
        Pool pool;
        amqp_exchange_bind(state, Link::k_channel, to_bytes(binding.destination),
                           to_bytes(binding.source), to_bytes(binding.routing_key),
                           pool.table(binding.arguments));
        state_->check("binding exchange '" + binding.destination + "' to exchange '" +
                      binding.source + "'");
    }
    return {
        static_cast<std::int64_t>(topology.exchanges.size()),
        static_cast<std::int64_t>(topology.queues.size()),
        static_cast<std::int64_t>(topology.bindings.size() + topology.exchange_bindings.size())};
}

void Session::unbind(const Binding& binding) {
    Pool pool;
    amqp_queue_unbind(state_->link->state(), Link::k_channel, to_bytes(binding.queue),
                      to_bytes(binding.exchange), to_bytes(binding.routing_key),
                      pool.table(binding.arguments));
    static_cast<void>(state_->found("unbinding queue '" + binding.queue + "'"));
}

namespace {

// The struct belongs to the library and is valid until its next call; null for a missing queue.
const amqp_queue_declare_ok_t* passive_declare(amqp_connection_state_t state,
                                               const std::string& queue) {
    return amqp_queue_declare(state, Link::k_channel, to_bytes(queue), 1, 0, 0, 0,
                              amqp_empty_table);
}

} // namespace

std::optional<std::uint64_t> Session::ready_count(const std::string& queue) {
    const auto* answer = passive_declare(state_->link->state(), queue);
    const std::uint64_t count = answer == nullptr ? 0 : answer->message_count;
    if (!state_->found("checking queue '" + queue + "'"))
        return std::nullopt;
    return count;
}

std::optional<std::uint64_t> Session::consumer_count(const std::string& queue) {
    const auto* answer = passive_declare(state_->link->state(), queue);
    const std::uint64_t count = answer == nullptr ? 0 : answer->consumer_count;
    if (!state_->found("checking queue '" + queue + "'"))
        return std::nullopt;
    return count;
}

bool Session::exchange_exists(const std::string& name) {
    amqp_exchange_declare(state_->link->state(), Link::k_channel, to_bytes(name),
                          to_bytes("direct"), 1, 0, 0, 0, amqp_empty_table);
    return state_->found("checking exchange '" + name + "'");
}

std::optional<Delivery> Session::get(const std::string& queue) {
    auto* state = state_->link->state();
    const auto reply = amqp_basic_get(state, Link::k_channel, to_bytes(queue), 1);
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        state_->check("getting from '" + queue + "'");
    if (reply.reply.id == AMQP_BASIC_GET_EMPTY_METHOD)
        return std::nullopt;
    const auto* ok = static_cast<const amqp_basic_get_ok_t*>(reply.reply.decoded);
    Delivery delivery;
    delivery.redelivered = ok->redelivered != 0;
    delivery.exchange = to_text(ok->exchange);
    delivery.routing_key = to_text(ok->routing_key);
    amqp_message_t message{};
    const auto read = amqp_read_message(state, Link::k_channel, &message, 0);
    if (read.reply_type != AMQP_RESPONSE_NORMAL)
        throw LinkLost(Exit::unavailable, "broker at " + state_->link->where() +
                                              ": the connection broke off inside a message");
    delivery.properties = properties_from_wire(message.properties);
    if ((message.properties._flags & AMQP_BASIC_HEADERS_FLAG) != 0)
        delivery.headers = table_to_json(message.properties.headers);
    delivery.body = to_text(message.body);
    amqp_destroy_message(&message);
    state_->link->release();
    return delivery;
}

std::uint64_t Session::purge(const std::string& queue) {
    const auto* answer = amqp_queue_purge(state_->link->state(), Link::k_channel, to_bytes(queue));
    const std::uint64_t count = answer == nullptr ? 0 : answer->message_count;
    state_->check("purging queue '" + queue + "'");
    return count;
}

void Session::delete_queue(const std::string& queue) {
    amqp_queue_delete(state_->link->state(), Link::k_channel, to_bytes(queue), 0, 0);
    state_->check("deleting queue '" + queue + "'");
}

void Session::delete_exchange(const std::string& exchange) {
    amqp_exchange_delete(state_->link->state(), Link::k_channel, to_bytes(exchange), 0);
    state_->check("deleting exchange '" + exchange + "'");
}

} // namespace harmonia::broker

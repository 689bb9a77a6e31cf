#include "core/broker/consumer.hpp"

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/broker/connect_retry.hpp"
#include "core/broker/content.hpp"
#include "core/broker/table.hpp"

#include <amqp.h>
#include <amqp_framing.h>
#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace harmonia::broker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_answer_wait{60'000}; // for a command; a dead connection is noticed earlier
constexpr milliseconds k_close_wait{2'000};
constexpr const char* k_consumer_tag = "harmonia"; // unique: one consumer a channel

/// What the caller asks of the connection's thread.
struct Command {
    enum class Kind { ack, reject, requeue_all, count } kind;
    std::uint64_t tag = 0;
};

} // namespace

struct Consumer::State {
    State(Settings s, ConsumerOptions o)
        : settings(std::move(s)), options(std::move(o)), content(options.body_bytes_max) {}

    [[nodiscard]] std::unique_ptr<Link> connect();
    void run();
    void serve();
    bool run_command();
    void execute(const Command& command);
    void read_some();
    void on_method(const amqp_method_t& method);
    void deliver();
    void hand_over();
    void connection_lost(const std::string& why);
    bool ask(Command command, std::uint64_t of_generation);

    const Settings settings;
    const ConsumerOptions options;
    WakeEvent wake;
    std::thread thread;

    std::mutex mutex; // guards what follows, up to the blank line
    std::condition_variable changed;
    std::deque<Delivery> buffer;
    std::optional<Command> command; ///< at most one: the caller waits for it
    bool answered = false;
    std::uint64_t generation = 1, arrived = 0, ready = 0;
    bool stopping = false, ended = false, requeued = false;
    std::exception_ptr failure;
    Link* current = nullptr;

    // The thread's own.
    std::unique_ptr<Link> link;
    ContentReader content;
    Delivery incoming;
    std::vector<Delivery> read; ///< whole, and not yet in `buffer`

    // The caller's own: handed over or buffered, and not settled; of generation `unsettled_of`.
    std::set<std::uint64_t> unsettled;
    std::uint64_t unsettled_of = 1;
};

std::unique_ptr<Link> Consumer::State::connect() {
    auto made = connect_with_retry(settings, [this] {
        const std::lock_guard lock(mutex);
        return stopping;
    });
    const auto doing = "consuming queue '" + options.queue + "'";
    amqp_basic_qos(made->state(), Link::k_channel, 0, options.prefetch, 0);
    made->check_reply(doing);
    amqp_basic_consume(made->state(), Link::k_channel, to_bytes(options.queue),
                       to_bytes(k_consumer_tag), 0, 0, 0, amqp_empty_table);
    made->check_reply(doing);
    return made;
}

void Consumer::State::run() {
    for (;;) {
        {
            const std::lock_guard lock(mutex);
            current = link.get();
        }
        std::string why;
        try {
            serve();
        } catch (const std::exception& problem) {
            why = problem.what();
        }
        connection_lost(why);
        if (const std::lock_guard lock(mutex); stopping)
            break;
        try {
            link = connect();
        } catch (const std::exception&) {
            const std::lock_guard lock(mutex);
            if (!stopping)
                failure = std::current_exception();
            break;
        }
    }
    const std::lock_guard lock(mutex);
    ended = true;
    changed.notify_all();
}

void Consumer::State::connection_lost(const std::string& why) {
    link->close();
    const std::lock_guard lock(mutex);
    if (!stopping)
        log::warn("broker connection lost while consuming",
                  {{"queue", options.queue}, {"error", why}});
    current = nullptr;
    link.reset();
    buffer.clear();
    read.clear();
    command.reset();
    ++generation;
    changed.notify_all();
}

void Consumer::State::serve() {
    content.reset();
    for (bool woken = true;;) {
        if (woken)
            wake.clear();
        if (woken && !run_command())
            return;
        read_some();
        woken = link->wait(wake, false).woken;
    }
}

/// Carries out the caller's command, if any; false: the consumer must end.
bool Consumer::State::run_command() {
    std::optional<Command> todo;
    {
        const std::lock_guard lock(mutex);
        if (stopping)
            return false;
        todo = std::exchange(command, std::nullopt);
    }
    if (!todo)
        return true;
    execute(*todo);
    if (todo->kind == Command::Kind::count || todo->kind == Command::Kind::requeue_all)
        return true; // answered when the broker's answer is read
    const std::lock_guard lock(mutex);
    answered = true;
    changed.notify_all();
    return true;
}

void Consumer::State::execute(const Command& todo) {
    auto* state = link->state();
    switch (todo.kind) {
    case Command::Kind::ack:
        link->check(amqp_basic_ack(state, Link::k_channel, todo.tag, 1), "acknowledging");
        break;
    case Command::Kind::reject:
        link->check(amqp_basic_reject(state, Link::k_channel, todo.tag, 0), "rejecting");
        break;
    case Command::Kind::requeue_all: {
        amqp_basic_cancel_t cancel{};
        cancel.consumer_tag = to_bytes(k_consumer_tag);
        link->check(amqp_send_method(state, Link::k_channel, AMQP_BASIC_CANCEL_METHOD, &cancel),
                    "requeueing");
        break;
    }
    case Command::Kind::count: {
        amqp_queue_declare_t declare{};
        declare.queue = to_bytes(options.queue);
        declare.passive = 1;
        link->check(amqp_send_method(state, Link::k_channel, AMQP_QUEUE_DECLARE_METHOD, &declare),
                    "counting");
        break;
    }
    }
}

void Consumer::State::read_some() {
    amqp_frame_t frame;
    do {
        if (!link->read(frame))
            break;
        if (frame.frame_type == AMQP_FRAME_METHOD)
            on_method(frame.payload.method);
        else if (content.feed(frame))
            deliver();
    } while (link->buffered());
    hand_over();
    link->release();
}

void Consumer::State::on_method(const amqp_method_t& method) {
    switch (method.id) {
    case AMQP_BASIC_DELIVER_METHOD: {
        const auto* deliver = static_cast<const amqp_basic_deliver_t*>(method.decoded);
        incoming = Delivery{};
        incoming.tag.tag = deliver->delivery_tag;
        incoming.redelivered = deliver->redelivered != 0;
        incoming.exchange = to_text(deliver->exchange);
        incoming.routing_key = to_text(deliver->routing_key);
        content.begin();
        break;
    }
    case AMQP_QUEUE_DECLARE_OK_METHOD: {
        hand_over(); // deliveries that came before it
        const std::lock_guard lock(mutex);
        ready = static_cast<const amqp_queue_declare_ok_t*>(method.decoded)->message_count;
        answered = true;
        changed.notify_all();
        break;
    }
    case AMQP_BASIC_CANCEL_OK_METHOD: { // nothing new comes now, so this requeues everything
        link->check(amqp_basic_nack(link->state(), Link::k_channel, 0, 1, 1), "requeueing");
        const std::lock_guard lock(mutex);
        answered = true;
        changed.notify_all();
        break;
    }
    case AMQP_BASIC_CANCEL_METHOD:
        throw LinkLost(Exit::unavailable,
                       fmt::format("broker at {}: it cancelled the consumer of queue "
                                   "'{}' (was the queue deleted?)",
                                   link->where(), options.queue));
    case AMQP_CHANNEL_CLOSE_METHOD:
        throw link->channel_closed(method, "consuming queue '" + options.queue + "'");
    default:
        break;
    }
}

void Consumer::State::deliver() {
    incoming.properties = std::move(content.properties);
    incoming.headers = std::move(content.headers);
    incoming.body = std::move(content.body);
    incoming.oversized = content.oversized;
    read.push_back(std::move(incoming));
}

/// Gives the caller all that was read at once: waking it for each message costs more than reading.
void Consumer::State::hand_over() {
    if (read.empty())
        return;
    const std::lock_guard lock(mutex);
    arrived += read.size();
    if (!requeued) {
        for (Delivery& delivery : read) {
            delivery.tag.generation = generation;
            buffer.push_back(std::move(delivery));
        }
        changed.notify_all();
    }
    read.clear();
}

/// Has the thread carry out a command and waits for it; false when the connection was lost.
bool Consumer::State::ask(Command todo, std::uint64_t of_generation) {
    std::unique_lock lock(mutex);
    if (generation != of_generation || ended)
        return false;
    command = todo;
    answered = false;
    wake.set();
    if (!changed.wait_for(lock, k_answer_wait,
                          [&] { return answered || generation != of_generation || ended; }))
        throw Error(Exit::unavailable,
                    fmt::format("the broker has not answered about queue '{}' for a minute",
                                options.queue));
    return answered && generation == of_generation;
}

Consumer::Consumer(Settings settings, ConsumerOptions options) {
    HARMONIA_CHECK(options.prefetch >= 1);
    state_ = std::make_unique<State>(std::move(settings), std::move(options));
    state_->link = state_->connect();
    state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Consumer::~Consumer() {
    {
        std::unique_lock lock(state_->mutex);
        state_->stopping = true;
        state_->wake.set();
        if (!state_->changed.wait_for(lock, k_close_wait, [&] { return state_->ended; }) &&
            state_->current != nullptr)
            state_->current->shut_down();
    }
    state_->thread.join();
}

std::optional<Delivery> Consumer::next(milliseconds timeout) {
    std::unique_lock lock(state_->mutex);
    if (timeout > timeout.zero())
        state_->changed.wait_for(lock, timeout,
                                 [&] { return !state_->buffer.empty() || state_->ended; });
    if (state_->buffer.empty()) {
        if (state_->failure)
            std::rethrow_exception(state_->failure);
        return std::nullopt;
    }
    std::optional<Delivery> out(std::move(state_->buffer.front()));
    state_->buffer.pop_front();
    if (state_->unsettled_of != out->tag.generation) {
        state_->unsettled.clear();
        state_->unsettled_of = out->tag.generation;
    }
    state_->unsettled.insert(out->tag.tag);
    return out;
}

bool Consumer::ack_through(DeliveryTag tag, Failpoint point) {
    if (!valid(tag))
        return false;
    // The broker refuses a tag that was rejected before: acknowledge through the last one that is
    // unsettled.
    const auto end = state_->unsettled.upper_bound(tag.tag);
    if (end == state_->unsettled.begin())
        return true;
    failpoint_before(point);
    const bool sent = state_->ask({Command::Kind::ack, *std::prev(end)}, tag.generation);
    if (sent)
        state_->unsettled.erase(state_->unsettled.begin(), end);
    failpoint_after(point);
    return sent;
}

bool Consumer::reject(DeliveryTag tag, Failpoint point) {
    if (!valid(tag) || !state_->unsettled.contains(tag.tag))
        return false;
    failpoint_before(point);
    const bool sent = state_->ask({Command::Kind::reject, tag.tag}, tag.generation);
    if (sent)
        state_->unsettled.erase(tag.tag);
    failpoint_after(point);
    return sent;
}

void Consumer::requeue_all() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->requeued = true;
        state_->buffer.clear();
    }
    static_cast<void>(state_->ask({Command::Kind::requeue_all}, generation()));
    state_->unsettled.clear();
}

std::uint64_t Consumer::generation() const {
    const std::lock_guard lock(state_->mutex);
    return state_->generation;
}

bool Consumer::drained() {
    const auto now = generation();
    std::uint64_t before = 0;
    {
        const std::lock_guard lock(state_->mutex);
        if (!state_->buffer.empty())
            return false;
        before = state_->arrived;
    }
    for (int round = 0; round < 2; ++round) {
        if (!state_->ask({Command::Kind::count}, now))
            return false;
        const std::lock_guard lock(state_->mutex);
        if (state_->ready != 0 || state_->arrived != before)
            return false;
    }
    return true;
}

} // namespace harmonia::broker

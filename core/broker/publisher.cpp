#include "core/broker/publisher.hpp"

#include "core/base/check.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/broker/connect_retry.hpp"
#include "core/broker/content.hpp"
#include "core/broker/publish_ledger.hpp"
#include "core/broker/table.hpp"

#include <amqp.h>
#include <amqp_framing.h>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace harmonia::broker {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds k_room_wait{
    60'000}; // a broker that takes nothing for that long is in trouble
constexpr milliseconds k_close_wait{2'000};            // for the thread to end by itself
constexpr std::size_t k_send_at_once = 32;             // messages before the socket is read again
constexpr std::size_t k_return_body_max = 256U << 20U; // above the broker's limit: never cut
constexpr std::size_t k_short_text_max = 255;

/// Why a message cannot be put on the wire; empty when it can.
std::string unsendable(const Message& message) {
    const auto& p = message.properties;
    const std::pair<const char*, const std::string*> texts[] = {
        {"exchange", &message.exchange},
        {"routing_key", &message.routing_key},
        {"content_type", p.content_type ? &*p.content_type : nullptr},
        {"content_encoding", p.content_encoding ? &*p.content_encoding : nullptr},
        {"correlation_id", p.correlation_id ? &*p.correlation_id : nullptr},
        {"reply_to", p.reply_to ? &*p.reply_to : nullptr},
        {"expiration", p.expiration ? &*p.expiration : nullptr},
        {"message_id", p.message_id ? &*p.message_id : nullptr},
        {"type", p.type ? &*p.type : nullptr},
        {"user_id", p.user_id ? &*p.user_id : nullptr},
        {"app_id", p.app_id ? &*p.app_id : nullptr},
    };
    for (const auto& [name, text] : texts)
        if (text != nullptr && text->size() > k_short_text_max)
            return fmt::format("{} is longer than {} bytes", name, k_short_text_max);
    return {};
}

} // namespace

const char* outcome_name(Outcome::State state) {
    switch (state) {
    case Outcome::State::confirmed:
        return "confirmed";
    case Outcome::State::nacked:
        return "nacked";
    case Outcome::State::returned:
        return "returned";
    case Outcome::State::unknown:
        return "unknown";
    case Outcome::State::held:
        return "held";
    }
    return "";
}

struct Publisher::State {
    State(Settings s, PublisherOptions o) : settings(std::move(s)), options(o), ledger(o.window) {}

    void run();
    void serve();
    bool take_inbox();
    bool may_send();
    void send_some();
    void read_some();
    void on_method(const amqp_method_t& method);
    void on_channel_closed(const amqp_method_t& method);
    bool send(const Message& message);
    const Expected<amqp_table_t>& table_of(const std::string& headers);
    void post_outcomes();
    [[nodiscard]] std::unique_ptr<Link> connect();

    const Settings settings;
    const PublisherOptions options;
    WakeEvent wake;
    std::thread thread;

    std::mutex mutex; // guards what follows, up to the blank line
    std::condition_variable changed;
    std::vector<PublishLedger::ItemPointer> inbox;
    std::vector<Outcome> outcomes;
    std::size_t pending = 0, pending_bytes = 0; ///< accepted and not answered
    std::size_t wanted = SIZE_MAX;              ///< outcomes that the caller waits for
    bool room_wanted = false;                   ///< the caller waits for room
    bool lost = false, stopping = false, ended = false, reset_failed_keys = false;
    std::unique_ptr<Link> next_link; ///< made by recover(), taken by the thread
    Link* current = nullptr;         ///< for shut_down() only

    // The thread's own.
    std::unique_ptr<Link> link;
    PublishLedger ledger;
    ContentReader content{k_return_body_max};
    Message back; ///< a returned message while it is read
    std::string back_reason;
    bool blocked = false, window_full = false;
    amqp_pool_t pool{}; ///< owns what `table` points into
    std::string table_json = "{}";
    Expected<amqp_table_t> table{amqp_table_t{}};

    // The caller's own.
    std::size_t outstanding = 0;
};

std::unique_ptr<Link> Publisher::State::connect() {
    auto made = connect_with_retry(settings, [] { return stop_signal() != 0; });
    amqp_confirm_select(made->state(), Link::k_channel);
    made->check_reply("asking for confirms");
    return made;
}

void Publisher::State::run() {
    init_amqp_pool(&pool, 4096);
    std::unique_lock lock(mutex);
    while (!stopping) {
        changed.wait(lock, [&] { return stopping || next_link != nullptr; });
        if (stopping)
            break;
        link = std::move(next_link);
        current = link.get();
        lock.unlock();
        std::string why;
        try {
            serve();
        } catch (const std::exception& problem) {
            why = problem.what();
        }
        lock.lock();
        if (!stopping) {
            log::warn("broker connection lost while publishing", {{"error", why}});
            lost = true;
            for (auto& item : inbox)
                ledger.accept(std::move(item));
            inbox.clear();
            ledger.connection_lost(why);
        }
        lock.unlock();
        post_outcomes();
        link->close();
        lock.lock();
        current = nullptr;
        link.reset();
    }
    ended = true;
    changed.notify_all();
    lock.unlock();
    empty_amqp_pool(&pool);
}

void Publisher::State::serve() {
    content.reset();
    blocked = window_full = false;
    while (take_inbox()) {
        const bool sendable = may_send();
        const auto ready = link->wait(wake, sendable);
        if (ready.woken)
            wake.clear();
        if (ready.writable && sendable)
            send_some();
        if (ready.readable)
            read_some();
        post_outcomes();
    }
}

/// After a full window sending starts again when an eighth of it is free: sending one message a
/// confirm costs too many system calls.
bool Publisher::State::may_send() {
    if (blocked)
        return false;
    if (window_full && ledger.in_flight() > options.window - options.window / 8)
        return false;
    window_full = false;
    return ledger.next() != nullptr;
}

/// False: the publisher must end.
bool Publisher::State::take_inbox() {
    std::vector<PublishLedger::ItemPointer> items;
    {
        const std::lock_guard lock(mutex);
        if (stopping)
            return false;
        items.swap(inbox);
        if (reset_failed_keys)
            ledger.reset_failed_keys();
        reset_failed_keys = false;
    }
    for (auto& item : items)
        ledger.accept(std::move(item));
    return true;
}

void Publisher::State::send_some() {
    link->cork(true);
    for (std::size_t count = 0; count < k_send_at_once; ++count) {
        const auto* message = ledger.next();
        if (message == nullptr) {
            window_full = ledger.in_flight() >= options.window;
            break;
        }
        if (send(*message))
            ledger.sent();
    }
    link->cork(false);
}

/// Messages in a row often have the same headers: the last table is kept.
const Expected<amqp_table_t>& Publisher::State::table_of(const std::string& headers) {
    if (headers != table_json) {
        recycle_amqp_pool(&pool);
        table = table_from_json(headers, pool);
        table_json = headers;
    }
    return table;
}

/// False: it was refused before anything was sent.
bool Publisher::State::send(const Message& message) {
    auto problem = unsendable(message);
    auto properties = properties_to_wire(message.properties);
    if (const auto& headers = table_of(message.headers); !headers) {
        problem = "headers: " + headers.error().detail;
    } else if (headers->num_entries > 0) {
        properties.headers = *headers;
        properties._flags |= AMQP_BASIC_HEADERS_FLAG;
    }
    if (!problem.empty()) {
        ledger.refused(problem);
        return false;
    }
    link->check(amqp_basic_publish(link->state(), Link::k_channel, to_bytes(message.exchange),
                                   to_bytes(message.routing_key), message.mandatory ? 1 : 0, 0,
                                   &properties, to_bytes(message.body)),
                "publishing");
    return true;
}

void Publisher::State::read_some() {
    amqp_frame_t frame;
    do {
        if (!link->read(frame))
            break;
        if (frame.frame_type == AMQP_FRAME_METHOD) {
            on_method(frame.payload.method);
        } else if (content.feed(frame)) {
            back.properties = std::move(content.properties);
            back.body = std::move(content.body);
            ledger.returned(back, back_reason);
        }
    } while (link->buffered());
    link->release();
}

void Publisher::State::on_method(const amqp_method_t& method) {
    switch (method.id) {
    case AMQP_BASIC_ACK_METHOD: {
        const auto* ack = static_cast<const amqp_basic_ack_t*>(method.decoded);
        ledger.confirmed(ack->delivery_tag, ack->multiple != 0);
        break;
    }
    case AMQP_BASIC_NACK_METHOD: {
        const auto* nack = static_cast<const amqp_basic_nack_t*>(method.decoded);
        ledger.nacked(nack->delivery_tag, nack->multiple != 0);
        break;
    }
    case AMQP_BASIC_RETURN_METHOD: {
        const auto* returned = static_cast<const amqp_basic_return_t*>(method.decoded);
        back.exchange = to_text(returned->exchange);
        back.routing_key = to_text(returned->routing_key);
        back_reason = fmt::format("{}: no queue takes exchange '{}' key '{}'",
                                  to_text(returned->reply_text), back.exchange, back.routing_key);
        content.begin();
        break;
    }
    case AMQP_CHANNEL_CLOSE_METHOD:
        on_channel_closed(method);
        break;
    case AMQP_CONNECTION_BLOCKED_METHOD:
        if (!blocked)
            log::warn(
                "the broker blocks publishers, waiting",
                {{"reason",
                  to_text(static_cast<const amqp_connection_blocked_t*>(method.decoded)->reason)}});
        blocked = true;
        break;
    case AMQP_CONNECTION_UNBLOCKED_METHOD:
        if (blocked)
            log::info("the broker takes messages again");
        blocked = false;
        break;
    default:
        break;
    }
}

void Publisher::State::on_channel_closed(const amqp_method_t& method) {
    const auto code = static_cast<const amqp_channel_close_t*>(method.decoded)->reply_code;
    const auto problem = link->channel_closed(method, "publishing");
    content.reset();
    ledger.channel_closed(code == AMQP_NOT_FOUND, problem.what());
    link->open_channel();
    amqp_confirm_select(link->state(), Link::k_channel);
    link->check_reply("asking for confirms");
}

void Publisher::State::post_outcomes() {
    std::size_t bytes = 0;
    auto fresh = ledger.take_outcomes(bytes);
    if (fresh.empty())
        return;
    const std::lock_guard lock(mutex);
    pending -= fresh.size();
    pending_bytes -= bytes;
    if (outcomes.empty()) {
        outcomes = std::move(fresh);
    } else {
        outcomes.insert(outcomes.end(), std::make_move_iterator(fresh.begin()),
                        std::make_move_iterator(fresh.end()));
    }
    if (outcomes.size() >= wanted || room_wanted)
        changed.notify_all();
}

Publisher::Publisher(Settings settings, PublisherOptions options) {
    HARMONIA_CHECK(options.window >= 1 && options.window <= k_window_max && options.queue_max >= 1);
    state_ = std::make_unique<State>(std::move(settings), options);
    state_->next_link = state_->connect();
    state_->thread = std::thread([state = state_.get()] { state->run(); });
}

Publisher::~Publisher() {
    {
        std::unique_lock lock(state_->mutex);
        state_->stopping = true;
        state_->changed.notify_all();
        state_->wake.set();
        if (!state_->changed.wait_for(lock, k_close_wait, [&] { return state_->ended; }) &&
            state_->current != nullptr)
            state_->current->shut_down(); // a write that the broker does not take
    }
    state_->thread.join();
}

void Publisher::publish(Message message, std::uint64_t token, std::string_view order_key) {
    const auto bytes = message.body.size();
    auto item = std::make_unique<PublishLedger::Item>(
        PublishLedger::Item{std::move(message), token, std::string(order_key)});
    std::unique_lock lock(state_->mutex);
    const auto has_room = [&] {
        return state_->lost || state_->pending == 0 ||
               (state_->pending < state_->options.queue_max &&
                state_->pending_bytes + bytes <= state_->options.queue_bytes_max);
    };
    state_->room_wanted = !has_room();
    const bool room = state_->changed.wait_for(lock, k_room_wait, has_room);
    state_->room_wanted = false;
    if (!room)
        throw Error(
            Exit::try_again, "the broker has taken no message for a minute",
            "Look at the broker's alarms: it blocks publishers when memory or disk run out.");
    ++state_->outstanding;
    if (state_->lost) {
        state_->outcomes.push_back({token, Outcome::State::held, "the connection was lost"});
        return;
    }
    ++state_->pending;
    state_->pending_bytes += bytes;
    state_->inbox.push_back(std::move(item));
    // Waking the thread for each costs more than sending: while some are in flight, their confirms
    // wake it.
    if (state_->pending == 1 || state_->inbox.size() == k_send_at_once)
        state_->wake.set();
}

std::vector<Outcome> Publisher::take(Failpoint point, milliseconds timeout, std::size_t enough) {
    std::vector<Outcome> out;
    std::unique_lock lock(state_->mutex);
    state_->wanted = std::min(enough, state_->outstanding);
    if (timeout > timeout.zero())
        state_->changed.wait_for(lock, timeout,
                                 [&] { return state_->outcomes.size() >= state_->wanted; });
    state_->wanted = SIZE_MAX;
    if (state_->outcomes.empty())
        return out;
    lock.unlock();
    failpoint_before(point);
    lock.lock();
    out.swap(state_->outcomes);
    lock.unlock();
    state_->outstanding -= out.size();
    failpoint_after(point);
    return out;
}

std::size_t Publisher::outstanding() const {
    return state_->outstanding;
}

bool Publisher::lost() const {
    const std::lock_guard lock(state_->mutex);
    return state_->lost;
}

void Publisher::recover() {
    HARMONIA_CHECK(state_->outstanding == 0);
    if (!lost())
        return;
    auto made = state_->connect();
    const std::lock_guard lock(state_->mutex);
    state_->lost = false;
    state_->next_link = std::move(made);
    state_->changed.notify_all();
}

void Publisher::reset_failed_keys() {
    HARMONIA_CHECK(state_->outstanding == 0);
    const std::lock_guard lock(state_->mutex);
    state_->reset_failed_keys = true;
    state_->wake.set();
}

} // namespace harmonia::broker

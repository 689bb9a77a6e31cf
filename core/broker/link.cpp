#include "core/broker/link.hpp"

#include "core/broker/table.hpp"

#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace harmonia::broker {
namespace {

constexpr int k_frame_max = 131'072; // the broker's default
constexpr int k_rpc_timeout_s =
    30; // a synchronous call; a declare on a loaded cluster takes seconds
constexpr int k_poll_max_ms = 1'000; // heartbeats are sent from the loop that polls
constexpr const char* k_unreachable_hint =
    "Check that RabbitMQ runs and that broker.url names its host, port and virtual host.";

amqp_table_entry_t entry(const char* key, amqp_boolean_t value) {
    amqp_table_entry_t out{};
    out.key = amqp_cstring_bytes(key);
    out.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    out.value.value.boolean = value;
    return out;
}

struct CloseText {
    int code;
    std::string text;
};

CloseText close_text(const amqp_method_t& method) {
    if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto* close = static_cast<const amqp_connection_close_t*>(method.decoded);
        return {close->reply_code, to_text(close->reply_text)};
    }
    const auto* close = static_cast<const amqp_channel_close_t*>(method.decoded);
    return {close->reply_code, to_text(close->reply_text)};
}

} // namespace

WakeEvent::WakeEvent() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0)
        throw Error(Exit::failure, "cannot make an event descriptor");
}

WakeEvent::~WakeEvent() {
    ::close(fd_);
}

void WakeEvent::set() {
    const std::uint64_t one = 1;
    static_cast<void>(!::write(fd_, &one, sizeof one));
}

void WakeEvent::clear() {
    std::uint64_t count = 0;
    static_cast<void>(!::read(fd_, &count, sizeof count));
}

Link::Link(const Settings& settings)
    : owner_(amqp_new_connection()), state_(owner_.get()),
      connect_timeout_ms_(settings.connect_timeout_ms) {
    if (state_ == nullptr)
        throw Error(Exit::failure, "out of memory for a broker connection");
    auto endpoint = parse_url(settings.url);
    if (!settings.password.empty())
        endpoint.password = settings.password;
    where_ = endpoint.text();
    tls_ = endpoint.tls;
    connect(settings, endpoint);
    alive_ = true;
    log_in(settings, endpoint);
    open_channel();
}

Link::~Link() = default;

void Link::connect(const Settings& settings, const Endpoint& endpoint) {
    auto* socket = endpoint.tls ? amqp_ssl_socket_new(state_) : amqp_tcp_socket_new(state_);
    if (socket == nullptr)
        throw Error(Exit::failure, "out of memory for a broker socket");
    if (endpoint.tls) {
        amqp_ssl_socket_set_verify_peer(socket, 1);
        amqp_ssl_socket_set_verify_hostname(socket, 1);
        if (amqp_ssl_socket_set_cacert(socket, settings.ca_file.c_str()) != AMQP_STATUS_OK)
            throw Error(Exit::config, "cannot read certificates from " + settings.ca_file,
                        "Set broker.ca_file to a file of trusted certificates in PEM form.");
    }
    timeval limit{connect_timeout_ms_ / 1000, (connect_timeout_ms_ % 1000) * 1000};
    amqp_set_handshake_timeout(state_, &limit);
    timeval rpc{k_rpc_timeout_s, 0};
    amqp_set_rpc_timeout(state_, &rpc);
    const int status =
        amqp_socket_open_noblock(socket, endpoint.host.c_str(), endpoint.port, &limit);
    if (status != AMQP_STATUS_OK)
        lost("connecting", amqp_error_string2(status));
}

void Link::log_in(const Settings& settings, const Endpoint& endpoint) {
    std::array<amqp_table_entry_t, 4> capabilities{
        entry("connection.blocked", 1), entry("consumer_cancel_notify", 1),
        entry("publisher_confirms", 1), entry("basic.nack", 1)};
    std::array<amqp_table_entry_t, 2> entries{};
    entries[0].key = amqp_cstring_bytes("capabilities");
    entries[0].value.kind = AMQP_FIELD_KIND_TABLE;
    entries[0].value.value.table = {static_cast<int>(capabilities.size()), capabilities.data()};
    entries[1].key = amqp_cstring_bytes("connection_name");
    entries[1].value.kind = AMQP_FIELD_KIND_UTF8;
    entries[1].value.value.bytes = to_bytes(settings.connection_name);
    const amqp_table_t properties{static_cast<int>(entries.size()), entries.data()};

    const auto reply = amqp_login_with_properties(
        state_, endpoint.vhost.c_str(), 0, k_frame_max, settings.heartbeat_s, &properties,
        AMQP_SASL_METHOD_PLAIN, endpoint.user.c_str(), endpoint.password.c_str());
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return;
    if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION)
        lost("logging in", amqp_error_string2(reply.library_error));
    const auto [code, text] = close_text(reply.reply);
    const auto what =
        fmt::format("broker at {} refuses user '{}': {}", where_, endpoint.user, text);
    if (code == AMQP_ACCESS_REFUSED)
        throw Error(Exit::permission, what, "Check user and password in broker.url.");
    if (code == AMQP_NOT_ALLOWED)
        throw Error(Exit::config, what,
                    "Check that the virtual host exists and that the user may use it.");
    lost("logging in", text);
}

void Link::open_channel() {
    amqp_channel_open(state_, k_channel);
    check_reply("opening a channel");
}

void Link::lost(const std::string& doing, const std::string& why) const {
    throw LinkLost(Exit::unavailable, fmt::format("broker at {}: {}: {}", where_, doing, why),
                   k_unreachable_hint);
}

void Link::check(int status, const char* doing) {
    if (status == AMQP_STATUS_OK)
        return;
    alive_ = false;
    lost(doing, amqp_error_string2(status));
}

void Link::check_reply(const std::string& doing) {
    const auto reply = amqp_get_rpc_reply(state_);
    if (reply.reply_type == AMQP_RESPONSE_NORMAL)
        return;
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION &&
        reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD)
        throw channel_closed(reply.reply, doing);
    alive_ = false;
    if (reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION)
        lost(doing, close_text(reply.reply).text);
    lost(doing, amqp_error_string2(reply.library_error));
}

ChannelClosed Link::channel_closed(const amqp_method_t& method, const std::string& doing) {
    const auto [code, text] = close_text(method);
    amqp_channel_close_ok_t answer{};
    check(amqp_send_method(state_, k_channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer), "closing");
    const auto exit = code == AMQP_ACCESS_REFUSED ? Exit::permission : Exit::config;
    const char* hint = exit == Exit::permission
                           ? "Give the broker's user the permission it lacks."
                           : "Run `harmonia configure` to declare what is missing; where something "
                             "of that name exists with other arguments, change the declaration "
                             "or delete the old one.";
    return {exit, code, fmt::format("broker at {}: {}: {}", where_, doing, text), hint};
}

bool Link::read(amqp_frame_t& frame) {
    timeval at_once{0, 0};
    const int status = amqp_simple_wait_frame_noblock(state_, &frame, &at_once);
    if (status == AMQP_STATUS_TIMEOUT)
        return false;
    check(status, "reading");
    if (frame.frame_type == AMQP_FRAME_METHOD && frame.channel == 0 &&
        frame.payload.method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        alive_ = false;
        lost("closed by the broker", close_text(frame.payload.method).text);
    }
    return true;
}

void Link::release() {
    amqp_maybe_release_buffers(state_);
}

// Decrypted bytes that OpenSSL holds cannot be seen here: a TLS socket is read until it has none.
bool Link::buffered() const {
    return tls_ || amqp_frames_enqueued(state_) != 0 || amqp_data_in_buffer(state_) != 0;
}

Link::Ready Link::wait(const WakeEvent& wake, bool until_writable) {
    const auto events = static_cast<short>(POLLIN | (until_writable ? POLLOUT : 0));
    std::array<pollfd, 2> fds{{{amqp_get_sockfd(state_), events, 0}, {wake.fd(), POLLIN, 0}}};
    const int count = ::poll(fds.data(), fds.size(), k_poll_max_ms);
    // Errors count as readable: reading then tells what is wrong. So does the time-out.
    return {count <= 0 || (fds[0].revents & ~POLLOUT) != 0, (fds[0].revents & POLLOUT) != 0,
            fds[1].revents != 0};
}

void Link::cork(bool on) {
    const int value = on ? 1 : 0;
    static_cast<void>(
        ::setsockopt(amqp_get_sockfd(state_), IPPROTO_TCP, TCP_CORK, &value, sizeof value));
}

void Link::close() noexcept {
    if (!alive_)
        return;
    timeval limit{1, 0};
    amqp_set_rpc_timeout(state_, &limit);
    static_cast<void>(amqp_connection_close(state_, AMQP_REPLY_SUCCESS));
    alive_ = false;
}

void Link::shut_down() noexcept {
    ::shutdown(amqp_get_sockfd(state_), SHUT_RDWR);
}

} // namespace harmonia::broker

// The limit that `export` is measured against: a publisher that does nothing but publish and count
// confirms.
//
//   bench_bare_publisher HOST PORT VHOST QUEUE COUNT WINDOW
//
// Messages are those of the 2018 `export` queue: persistent, mandatory, {"matched_transaction_id":
// N}, at most WINDOW unconfirmed. Prints the seconds from the first publish to the last confirm.
#include <amqp.h>
#include <amqp_tcp_socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

namespace {

constexpr amqp_channel_t k_channel = 1;

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "bench_bare_publisher: %s\n", what);
    std::exit(1);
}

void require(const amqp_rpc_reply_t& reply, const char* what) {
    if (reply.reply_type != AMQP_RESPONSE_NORMAL)
        fail(what);
}

amqp_connection_state_t connect(const char* host, int port, const char* vhost) {
    auto* connection = amqp_new_connection();
    auto* socket = amqp_tcp_socket_new(connection);
    if (socket == nullptr || amqp_socket_open(socket, host, port) != AMQP_STATUS_OK)
        fail("cannot connect");
    require(amqp_login(connection, vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN,
                       "guest", "guest"),
            "cannot log in");
    amqp_channel_open(connection, k_channel);
    require(amqp_get_rpc_reply(connection), "cannot open a channel");
    amqp_confirm_select(connection, k_channel);
    require(amqp_get_rpc_reply(connection), "confirms are refused");
    return connection;
}

/// What the broker has not answered for. Confirms may come in any order, one by one or all up to a
/// tag.
class Window {
public:
    void sent(std::uint64_t tag) { open_.insert(open_.end(), tag); }
    void confirmed(std::uint64_t tag, bool all_before) {
        if (all_before)
            open_.erase(open_.begin(), open_.upper_bound(tag));
        else
            open_.erase(tag);
    }
    [[nodiscard]] std::size_t size() const { return open_.size(); }

private:
    std::set<std::uint64_t> open_;
};

void take_confirm(amqp_connection_state_t connection, Window& window) {
    amqp_frame_t frame;
    if (amqp_simple_wait_frame(connection, &frame) != AMQP_STATUS_OK)
        fail("the connection was lost");
    if (frame.frame_type != AMQP_FRAME_METHOD)
        fail("unexpected frame");
    if (frame.payload.method.id != AMQP_BASIC_ACK_METHOD)
        fail("a message was not confirmed");
    const auto* ack = static_cast<amqp_basic_ack_t*>(frame.payload.method.decoded);
    window.confirmed(ack->delivery_tag, ack->multiple != 0);
    amqp_maybe_release_buffers(connection);
}

void publish(amqp_connection_state_t connection, amqp_bytes_t queue, std::uint64_t number) {
    amqp_basic_properties_t properties{};
    properties._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
                        AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_PRIORITY_FLAG |
                        AMQP_BASIC_MESSAGE_ID_FLAG | AMQP_BASIC_HEADERS_FLAG;
    const auto number_text = std::to_string(number), id = "matched-" + number_text;
    properties.content_type = amqp_cstring_bytes("application/txmatch+json");
    properties.content_encoding = amqp_cstring_bytes("utf-8");
    properties.delivery_mode = 2;
    properties.priority = 0;
    properties.message_id = amqp_cstring_bytes(id.c_str());
    std::array<amqp_table_entry_t, 2> headers{};
    headers[0].key = amqp_cstring_bytes("X-Queued-At");
    headers[0].value.kind = headers[1].value.kind = AMQP_FIELD_KIND_I64;
    headers[0].value.value.i64 = 1'795'277'109;
    headers[1].key = amqp_cstring_bytes("X-Retry-Count");
    properties.headers = {static_cast<int>(headers.size()), headers.data()};
    const auto body = "{\"matched_transaction_id\": " + number_text + "}";
    if (amqp_basic_publish(connection, k_channel, queue, queue, 1, 0, &properties,
                           amqp_cstring_bytes(body.c_str())) != AMQP_STATUS_OK)
        fail("cannot publish");
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 7)
        fail("usage: bench_bare_publisher HOST PORT VHOST QUEUE COUNT WINDOW");
    const auto count = std::strtoull(argv[5], nullptr, 10);
    const auto window_max = std::max(1ULL, std::strtoull(argv[6], nullptr, 10));
    auto* connection = connect(argv[1], std::atoi(argv[2]), argv[3]);
    const auto queue = amqp_cstring_bytes(argv[4]);

    const auto start = std::chrono::steady_clock::now();
    Window window;
    for (std::uint64_t number = 1; number <= count; ++number) {
        publish(connection, queue, number);
        window.sent(number);
        while (window.size() >= window_max)
            take_confirm(connection, window);
    }
    while (window.size() > 0)
        take_confirm(connection, window);
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    std::printf("%.3f\n", spent.count());
    amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
    amqp_destroy_connection(connection);
    return 0;
}

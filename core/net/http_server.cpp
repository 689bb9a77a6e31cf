#include "core/net/http_server.hpp"

#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/text.hpp"
#include "core/parallel/bounded_queue.hpp"
#include "core/parallel/thread_group.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <httplib.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>

namespace harmonia::net {
namespace {

// Connections accepted while all threads are busy; further ones wait in the system's backlog.
constexpr std::size_t k_waiting_max = 16;
constexpr const char* k_preflight_age_s = "86400";

/// The connection that this thread serves, for httplib's callbacks, which are not passed it.
thread_local Connection* t_connection = nullptr;

/// A Connection as httplib reads and writes it.
class ConnectionStream final : public httplib::Stream {
public:
    explicit ConnectionStream(Connection& connection) : connection_(connection) {}
    [[nodiscard]] bool is_readable() const override { return true; }
    [[nodiscard]] bool is_writable() const override { return true; }
    ssize_t read(char* bytes, size_t size) override { return connection_.read(bytes, size); }
    ssize_t write(const char* bytes, size_t size) override {
        return connection_.write(bytes, size) ? static_cast<ssize_t>(size) : -1;
    }
    void get_remote_ip_and_port(std::string& ip, int&) const override { ip = connection_.client(); }
    void get_local_ip_and_port(std::string&, int&) const override {}
    [[nodiscard]] socket_t socket() const override { return connection_.socket(); }

private:
    Connection& connection_;
};

/// A fixed number of threads with a bounded queue: enqueue() blocks while it is full.
class Pool final : public httplib::TaskQueue {
public:
    explicit Pool(std::size_t threads) {
        for (std::size_t i = 0; i < threads; ++i)
            threads_.start([this] {
                while (const auto task = tasks_.pop())
                    (*task)();
            });
    }
    void enqueue(std::function<void()> task) override { tasks_.push(std::move(task)); }
    void shutdown() override {
        tasks_.close();
        threads_.join();
    }

private:
    parallel::BoundedQueue<std::function<void()>> tasks_{k_waiting_max};
    parallel::ThreadGroup threads_; ///< last: they use the queue
};

/// Removes what httplib must not see: it would serve ranges, compress, and read a body without a
/// length until the connection ends.
void restrict_request(httplib::Request& request) {
    request.ranges.clear();
    for (const char* name : {"Range", "If-Range", "Accept-Encoding", "REMOTE_ADDR", "REMOTE_PORT",
                             "LOCAL_ADDR", "LOCAL_PORT"})
        request.headers.erase(name);
    if (!request.has_header("Content-Length") && !request.has_header("Transfer-Encoding"))
        request.set_header("Content-Length", "0");
}

/// The announced length of the body; 0 if it is chunked.
struct BodySize {
    bool good = true, chunked = false;
    unsigned long long length = 0;
};

BodySize body_size(const httplib::Request& request) {
    BodySize size;
    size.chunked = request.has_header("Transfer-Encoding");
    const auto lengths = request.get_header_value_count("Content-Length");
    if (size.chunked) {
        size.good = lengths == 0 && request.get_header_value_count("Transfer-Encoding") == 1 &&
                    equals_ignoring_case(request.get_header_value("Transfer-Encoding"), "chunked");
        return size;
    }
    const std::string text = request.get_header_value("Content-Length");
    const auto value = parse_int(text);
    size.good = lengths == 1 && value && *value >= 0 && text.front() != '+';
    size.length = size.good ? static_cast<unsigned long long>(*value) : 0;
    return size;
}

bool allows_body(const std::string& method) {
    return method == "POST" || method == "PUT" || method == "PATCH" || method == "DELETE";
}

Request request_of(const httplib::Request& from,
                   std::map<std::string, std::string, std::less<>> segments) {
    Request request;
    const auto mark = from.target.find('?');
    request.method = from.method;
    request.path = from.target.substr(0, mark);
    if (mark != std::string::npos)
        request.query = from.target.substr(mark + 1);
    request.segments = std::move(segments);
    for (const auto& [name, value] : from.headers)
        request.headers.try_emplace(to_lower(name), value);
    request.client = from.remote_addr;
    return request;
}

std::string http_date() {
    return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr)));
}

} // namespace

struct HttpServer::State final : public httplib::Server {
    HttpServerSettings settings;
    Router router;
    std::atomic<bool> stopping{false}, listening{true};
    std::thread thread;
    int port = 0;

    State(HttpServerSettings wanted, std::vector<Route> routes)
        : settings(std::move(wanted)), router(std::move(routes)) {
        HARMONIA_CHECK(settings.threads >= 1);
        new_task_queue = [this] { return new Pool(settings.threads); };
        set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& answer) {
            return before_body(request, answer);
        });
        const auto with_body = [this](const httplib::Request& request, httplib::Response& answer,
                                      const httplib::ContentReader& reader) {
            after_body(request, answer, reader);
        };
        Post(".*", with_body);
        Put(".*", with_body);
        Patch(".*", with_body);
        Delete(".*", with_body);
        set_post_routing_handler([this](const httplib::Request& request,
                                        httplib::Response& answer) { finish(request, answer); });
        set_logger([this](const httplib::Request& request, const httplib::Response& answer) {
            log_request(request.method, request.target, answer.status, answer.body.size());
        });
    }

    void start() {
        svr_sock_ = listen_on(settings.listen, settings.behind_proxy);
        port = port_of(svr_sock_);
        // SIGINT and SIGTERM are handled by the thread that waits for them, not by these.
        sigset_t all, before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        thread = std::thread([this] { accept_all(); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    /// If accepting fails for good, httplib has closed the socket.
    void accept_all() {
        if (listen_after_bind())
            return;
        svr_sock_ = INVALID_SOCKET;
        listening = false;
        log::error("accepting connections failed", {{"api", settings.name}});
    }

    void end() {
        if (!thread.joinable())
            return;
        stopping = true;
        const int listener = svr_sock_.exchange(INVALID_SOCKET);
        ::shutdown(listener, SHUT_RDWR); // wakes the accept
        thread.join();
        if (listening.exchange(false))
            ::close(listener);
    }

    bool process_and_close_socket(socket_t socket) override {
        Connection connection(socket, settings.limits, stopping);
        ConnectionStream stream(connection);
        t_connection = &connection;
        bool closed = false;
        const bool done = process_request(stream, true, closed, restrict_request);
        t_connection = nullptr;
        if (connection.refusal() != 0 && connection.received())
            refuse(connection);
        return done;
    }

    void refuse(Connection& connection) const {
        const int status = connection.refusal();
        connection.write_refusal(fmt::format(
            "HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Length: 0\r\nDate: {}\r\n\r\n", status,
            status == 408 ? "Request Timeout" : "Request Header Fields Too Large", http_date()));
        log_line("", "", status, 0, connection);
    }

    HandlerResponse before_body(const httplib::Request& request, httplib::Response& answer) const {
        const BodySize size = body_size(request);
        t_connection->begin_body(size.chunked || size.length > 0);
        const bool body = allows_body(request.method);
        if (!size.good || (!body && (size.chunked || size.length > 0)) ||
            request.is_multipart_form_data()) {
            answer.status = request.is_multipart_form_data() && size.good ? 415 : 400;
            return HandlerResponse::Handled;
        }
        if (request.method == "DELETE" && size.chunked) { // httplib would not read it
            answer.status = 411;
            return HandlerResponse::Handled;
        }
        RouteMatch found = router.find(request.method, request.target);
        if (found.route != nullptr && size.length > found.route->body_bytes_max) {
            answer.status = 413;
            return HandlerResponse::Handled;
        }
        if (found.route != nullptr && body)
            return HandlerResponse::Unhandled;
        put(found.route != nullptr
                ? call(*found.route, request_of(request, std::move(found.segments)))
                : found.answer,
            answer);
        return HandlerResponse::Handled;
    }

    void after_body(const httplib::Request& from, httplib::Response& answer,
                    const httplib::ContentReader& reader) const {
        RouteMatch found = router.find(from.method, from.target);
        HARMONIA_CHECK(found.route != nullptr);
        Request request = request_of(from, std::move(found.segments));
        const std::size_t limit = found.route->body_bytes_max;
        bool too_long = false;
        const bool whole = reader([&](const char* bytes, std::size_t size) {
            too_long = request.body.size() + size > limit;
            if (!too_long)
                request.body.append(bytes, size);
            return !too_long;
        });
        if (whole)
            t_connection->end_body();
        put(whole ? call(*found.route, request) : Response{.status = too_long ? 413 : 400}, answer);
    }

    [[nodiscard]] Response call(const Route& route, const Request& request) const {
        try {
            return route.handler(request);
        } catch (const Error& error) {
            log::warn(
                "a request failed",
                {{"api", settings.name}, {"path", shown(request.path)}, {"error", error.what()}});
            const bool later = error.exit() == Exit::unavailable || error.exit() == Exit::try_again;
            return {.status = later ? 503 : 500};
        } catch (const std::exception& error) {
            log::error(
                "a request failed",
                {{"api", settings.name}, {"path", shown(request.path)}, {"error", error.what()}});
            return {.status = 500};
        }
    }

    static void put(const Response& from, httplib::Response& to) {
        to.status = from.status;
        to.body = from.body;
        for (const auto& [name, value] : from.headers)
            to.headers.emplace(name, value);
    }

    /// Runs after httplib added its own headers.
    void finish(const httplib::Request& request, httplib::Response& answer) const {
        answer.headers.erase("Accept-Ranges");
        if (answer.status == 204)
            answer.headers.erase("Content-Length");
        answer.set_header("Date", http_date());
        if (settings.cors_origin.empty())
            return;
        answer.set_header("Access-Control-Allow-Origin", settings.cors_origin);
        answer.set_header("Access-Control-Expose-Headers", "Content-Type, Location");
        if (settings.cors_origin != "*")
            answer.set_header("Vary", "Origin");
        if (request.method != "OPTIONS" || !answer.has_header("Allow"))
            return;
        answer.set_header("Access-Control-Allow-Methods", answer.get_header_value("Allow"));
        answer.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type");
        answer.set_header("Access-Control-Max-Age", k_preflight_age_s);
    }

    /// A path in the form that may be logged, without the query.
    static std::string shown(std::string_view target) {
        return mask_digits(printable(target.substr(0, target.find('?')), 200));
    }

    void log_request(const std::string& method, const std::string& target, int status,
                     std::size_t bytes) const {
        if (t_connection->refusal() == 0)
            log_line(method, target, status, bytes, *t_connection);
    }

    void log_line(const std::string& method, const std::string& target, int status,
                  std::size_t bytes, const Connection& connection) const {
        if (!settings.log_requests && status < 500)
            return;
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
            std::chrono::steady_clock::now() - connection.started());
        log::write(status < 500 ? log::Level::info : log::Level::warn, "request",
                   {{"api", settings.name},
                    {"client", connection.client()},
                    {"method", method},
                    {"path", shown(target)},
                    {"status", status},
                    {"bytes", bytes},
                    {"us", took.count()}});
    }
};

HttpServer::HttpServer(HttpServerSettings settings, std::vector<Route> routes)
    : state_(std::make_unique<State>(std::move(settings), std::move(routes))) {
    state_->start();
}

HttpServer::~HttpServer() {
    stop();
}

int HttpServer::port() const {
    return state_->port;
}

bool HttpServer::listening() const {
    return state_->listening;
}

void HttpServer::stop() {
    state_->end();
}

} // namespace harmonia::net

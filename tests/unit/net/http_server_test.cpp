// Real sockets on both sides.
#include "core/base/error.hpp"
#include "core/net/http_client.hpp"
#include "core/net/http_server.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/raw_http.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <future>
#include <thread>

using namespace harmonia;
using namespace harmonia::net;
using harmonia::test::body_of;
using harmonia::test::has_line;
using harmonia::test::RawClient;
using harmonia::test::status_of;
using std::chrono::milliseconds;

namespace {

/// Holds every handler that enters until opened.
class Gate {
public:
    void pass() {
        std::unique_lock lock(mutex_);
        ++inside_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return open_; });
    }
    void wait_for(int count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return inside_ >= count; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int inside_ = 0;
    bool open_ = false;
};

HttpServerSettings settings() {
    HttpServerSettings out;
    out.name = "test";
    out.log_requests = false;
    return out;
}

Response text(std::string body) {
    return {200, std::move(body), {{"Content-Type", "text/plain"}}};
}

std::vector<Route> routes() {
    return {
        {"GET", "/hello/{name}",
         [](const Request& request) { return text("hello " + request.segment("name")); }},
        {"POST", "/echo",
         [](const Request& request) {
             const auto type = request.headers.find("content-type");
             return text((type == request.headers.end() ? "" : type->second) + ":" + request.body);
         },
         10},
        {"GET", "/empty", [](const Request&) { return Response{.status = 204}; }},
        {"GET", "/down",
         [](const Request&) -> Response {
             throw Error(Exit::unavailable, "the database of secret-host is away");
         }},
        {"GET", "/broken",
         [](const Request&) -> Response { throw std::runtime_error("secret detail"); }},
        {"PUT", "/things/{name}",
         [](const Request& request) {
             return text(std::to_string(request.segment("name").size()));
         },
         10},
        {"DELETE", "/thing", [](const Request&) { return Response{.status = 204}; }},
    };
}

std::string get(int port, const std::string& path, const std::string& headers = "") {
    return RawClient(port).ask(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path, headers));
}

std::string post(int port, const std::string& headers, const std::string& body) {
    return RawClient(port).ask("POST /echo HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body);
}

} // namespace

TEST_CASE("a GET is answered with a body, a HEAD without") {
    const HttpServer server(settings(), routes());
    const std::string whole = get(server.port(), "/hello/w%C3%B6rld?q=1");
    REQUIRE(status_of(whole) == 200);
    REQUIRE(body_of(whole) == "hello w\xC3\xB6rld");
    REQUIRE(has_line(whole, "Content-Type: text/plain"));
    REQUIRE(has_line(whole, "Content-Length: 12"));
    REQUIRE(has_line(whole, "Connection: close"));
    REQUIRE(whole.find("\r\nDate: ") != std::string::npos);
    const std::string head = RawClient(server.port()).ask("HEAD /hello/you HTTP/1.1\r\n\r\n");
    REQUIRE(status_of(head) == 200);
    REQUIRE(has_line(head, "Content-Length: 9"));
    REQUIRE(body_of(head).empty());
    REQUIRE(head.find("Accept-Ranges") == std::string::npos);
    const std::string empty = get(server.port(), "/empty");
    REQUIRE(status_of(empty) == 204);
    REQUIRE(empty.find("Content-Length") == std::string::npos);
}

TEST_CASE("404, 405 and OPTIONS come from the router, with no body") {
    const HttpServer server(settings(), routes());
    REQUIRE(status_of(get(server.port(), "/nothing")) == 404);
    const std::string wrong = RawClient(server.port()).ask("DELETE /echo HTTP/1.1\r\n\r\n");
    REQUIRE(status_of(wrong) == 405);
    REQUIRE(has_line(wrong, "Allow: OPTIONS, POST"));
    REQUIRE(body_of(wrong).empty());
    REQUIRE(status_of(RawClient(server.port()).ask("TRACE /echo HTTP/1.1\r\n\r\n")) == 405);
    REQUIRE(status_of(RawClient(server.port()).ask("DELETE /thing HTTP/1.1\r\n\r\n")) == 204);
    const std::string options = RawClient(server.port()).ask("OPTIONS /echo HTTP/1.1\r\n\r\n");
    REQUIRE(status_of(options) == 200);
    REQUIRE(has_line(options, "Allow: OPTIONS, POST"));
}

TEST_CASE("requests that are not HTTP are refused") {
    const HttpServer server(settings(), routes());
    for (const char* bad : {"nonsense\r\n\r\n", "GET /hello/a HTTP/3\r\n\r\n", "GET\r\n\r\n",
                            "FETCH /hello/a HTTP/1.1\r\n\r\n", "GET /%zz HTTP/1.1\r\n\r\n"})
        REQUIRE(status_of(RawClient(server.port()).ask(bad)) == 400);
    REQUIRE(status_of(RawClient(server.port()).ask("GET /hello/a HTTP/1.0\r\n\r\n")) == 200);
    REQUIRE(status_of(get(server.port(), "/hello/a")) == 200);
}

TEST_CASE("a body is read up to its limit, with a length or in chunks") {
    const HttpServer server(settings(), routes());
    const int port = server.port();
    REQUIRE(body_of(post(port, "Content-Length: 10\r\nContent-Type: a/b\r\n", "0123456789")) ==
            "a/b:0123456789");
    REQUIRE(body_of(post(port, "Transfer-Encoding: chunked\r\n",
                         "4\r\n0123\r\n6\r\n456789\r\n0\r\n\r\n")) == ":0123456789");
    REQUIRE(body_of(post(port, "", "")) == ":"); // no length: no body, and no waiting for one
    REQUIRE(status_of(post(port, "Content-Length: 11\r\n", "0123456789a")) == 413);
    REQUIRE(status_of(post(port, "Transfer-Encoding: chunked\r\n",
                           "4\r\n0123\r\n7\r\n4567890\r\n0\r\n\r\n")) == 413);
    // Refused at once, whatever the length; the response arrives although more is coming.
    REQUIRE(status_of(post(port, "Content-Length: 99999999999\r\n", std::string(500'000, 'x'))) ==
            413);
    REQUIRE(status_of(post(port, "Transfer-Encoding: chunked\r\n",
                           "7A120\r\n" + std::string(500'000, 'x') + "\r\n0\r\n\r\n")) == 413);
}

TEST_CASE("a body whose end is unclear is refused") {
    const HttpServer server(settings(), routes());
    const int port = server.port();
    for (const char* headers :
         {"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
          "Content-Length: 3\r\nContent-Length: 3\r\n", "Content-Length: -1\r\n",
          "Content-Length: +3\r\n", "Content-Length: 3x\r\n", "Transfer-Encoding: gzip\r\n",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"}) {
        INFO(headers);
        REQUIRE(status_of(post(port, headers, "abc")) == 400);
    }
    REQUIRE(status_of(post(port, "Transfer-Encoding: chunked\r\n", "zz\r\n")) == 400);
    REQUIRE(status_of(RawClient(port).ask("DELETE /thing HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
                                          "\r\n3\r\nabc\r\n0\r\n\r\n")) == 411);
    REQUIRE(status_of(get(port, "/hello/a", "Content-Length: 3\r\n")) == 400);
    REQUIRE(status_of(post(port,
                           "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3\r\n",
                           "abc")) == 415);
}

TEST_CASE("ranges and compression are not served") {
    const HttpServer server(settings(), routes());
    const std::string answer =
        get(server.port(), "/hello/you", "Range: bytes=0-1\r\nAccept-Encoding: gzip\r\n");
    REQUIRE(status_of(answer) == 200);
    REQUIRE(body_of(answer) == "hello you");
}

TEST_CASE("a failing handler is 503 or 500 and reveals nothing") {
    const HttpServer server(settings(), routes());
    const std::string down = get(server.port(), "/down");
    REQUIRE(status_of(down) == 503);
    REQUIRE(down.find("secret") == std::string::npos);
    const std::string broken = get(server.port(), "/broken");
    REQUIRE(status_of(broken) == 500);
    REQUIRE(broken.find("secret") == std::string::npos);
}

TEST_CASE("heads that are too long are refused with nothing but the status") {
    const HttpServer server(settings(), routes());
    const int port = server.port();
    REQUIRE(status_of(get(port, "/hello/a", "X: " + std::string(8'000, 'x') + "\r\n")) == 200);
    REQUIRE(status_of(get(port, "/hello/a", "X: " + std::string(20'000, 'x') + "\r\n")) == 431);
    std::string many;
    for (int i = 0; i < 4'000; ++i)
        many += "X: y\r\n";
    const std::string answer = get(port, "/hello/a", many);
    REQUIRE(status_of(answer) == 431);
    REQUIRE(answer.find("HTTP/1.1", 1) == std::string::npos);
    REQUIRE(status_of(RawClient(port).ask("GET /" + std::string(100'000, 'a'))) == 431);
    REQUIRE(status_of(get(port, "/hello/" + std::string(9'000, 'a'))) == 414);
}

TEST_CASE("a path of the maximum length reaches its handler") {
    const HttpServer server(settings(), routes());
    REQUIRE(body_of(RawClient(server.port())
                        .ask("PUT /things/" + std::string(8'000, 'a') +
                             " HTTP/1.1\r\nContent-Length: 2\r\n\r\nok")) == "8000");
}

TEST_CASE("a slow client is refused, and does not hold others up for longer") {
    HttpServerSettings quick = settings();
    quick.threads = 1;
    quick.limits.read_timeout = milliseconds(300);
    const HttpServer server(quick, routes());
    const RawClient head(server.port()), body(server.port());
    REQUIRE(head.say("GET /hello/a HT"));
    REQUIRE(body.say("POST /echo HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"));
    REQUIRE(status_of(get(server.port(), "/hello/you")) == 200);
    REQUIRE(status_of(head.hear()) == 408);
    REQUIRE(status_of(body.hear()) == 408);
}

TEST_CASE("a client that sends nothing holds no thread") {
    HttpServerSettings one = settings();
    one.threads = 1;
    const HttpServer server(one, routes());
    const RawClient silent(server.port()), silent_too(server.port());
    REQUIRE(status_of(get(server.port(), "/hello/you")) == 200);
}

TEST_CASE("threads work in parallel, and no more than configured") {
    Gate gate;
    std::atomic<int> now{0}, most{0};
    HttpServerSettings three = settings();
    three.threads = 3;
    HttpServer server(three, {{"GET", "/wait", [&](const Request&) {
                                   const int here = ++now;
                                   for (int seen = most; seen < here;)
                                       if (most.compare_exchange_weak(seen, here))
                                           break;
                                   gate.pass();
                                   --now;
                                   return text("done");
                               }}});
    std::vector<HttpRequest> requests(
        40, {"GET", fmt::format("http://127.0.0.1:{}/wait", server.port()), "", {}});
    auto answers = std::async(std::launch::async, [&] {
        HttpLimits limits;
        limits.in_flight = 40;
        return HttpClient(limits).send_all(requests);
    });
    gate.wait_for(3);
    gate.open();
    for (const HttpAnswer& answer : answers.get()) {
        REQUIRE(answer.status == 200);
        REQUIRE(answer.body == "done");
    }
    REQUIRE(most == 3);
}

TEST_CASE("a stop answers the requests that arrived and accepts no more") {
    Gate gate;
    HttpServerSettings one = settings();
    one.threads = 1;
    HttpServer server(one, {{"GET", "/wait", [&](const Request&) {
                                 gate.pass();
                                 return text("finished");
                             }}});
    const RawClient running(server.port());
    REQUIRE(running.say("GET /wait HTTP/1.1\r\n\r\n"));
    gate.wait_for(1);
    auto stopped = std::async(std::launch::async, [&] { server.stop(); });
    REQUIRE(stopped.wait_for(milliseconds(100)) == std::future_status::timeout);
    gate.open();
    REQUIRE(body_of(running.hear()) == "finished");
    stopped.get();
    REQUIRE_FALSE(server.listening());
    REQUIRE_THROWS(RawClient(server.port()));
    server.stop();
}

TEST_CASE("other addresses than loopback need behind_proxy") {
    HttpServerSettings open = settings();
    open.listen = parse_address("0.0.0.0:0");
    try {
        const HttpServer server(open, routes());
        FAIL("it listens");
    } catch (const Error& error) {
        REQUIRE(error.exit() == Exit::config);
        REQUIRE(error.hint().find("behind_proxy") != std::string::npos);
    }
    open.behind_proxy = true;
    const HttpServer server(open, routes());
    REQUIRE(status_of(get(server.port(), "/hello/you")) == 200);
}

TEST_CASE("a port can be used only once") {
    const HttpServer server(settings(), routes());
    HttpServerSettings same = settings();
    same.listen.port = server.port();
    try {
        const HttpServer second(same, routes());
        FAIL("two listen on one port");
    } catch (const Error& error) {
        REQUIRE(error.exit() == Exit::unavailable);
    }
}

TEST_CASE("other pages may read responses only if their origin is configured") {
    const HttpServer closed(settings(), routes());
    REQUIRE(get(closed.port(), "/hello/a", "Origin: https://a\r\n").find("Access-Control") ==
            std::string::npos);
    HttpServerSettings open = settings();
    open.cors_origin = "https://shop.example";
    const HttpServer server(open, routes());
    const std::string answer = get(server.port(), "/hello/a", "Origin: https://a\r\n");
    REQUIRE(has_line(answer, "Access-Control-Allow-Origin: https://shop.example"));
    const std::string options = RawClient(server.port()).ask("OPTIONS /echo HTTP/1.1\r\n\r\n");
    REQUIRE(has_line(options, "Access-Control-Allow-Methods: OPTIONS, POST"));
}

TEST_CASE("addresses to listen on") {
    REQUIRE(parse_address("127.0.0.1:8080").port == 8080);
    REQUIRE(parse_address("[::1]:0").host == "::1");
    REQUIRE(parse_address("localhost:65535").host == "localhost");
    for (const char* bad : {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
                            "127.0.0.1:-1", "::1:8080", "[localhost]:1", "h:1x"}) {
        INFO(bad);
        REQUIRE_THROWS_AS(parse_address(bad), Error);
    }
}

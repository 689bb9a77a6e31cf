// A real HTTP server for tests: records what it was asked, answers as told, can fail, hang and cut.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace harmonia::test {

struct HttpRequest {
    std::string method, path, body;
    std::map<std::string, std::string> headers; ///< names in lower case
};

/// One answer. `hang_ms`: wait that long first. `cut`: close the connection in the middle of the
/// body.
struct HttpAnswer {
    int status = 200;
    std::string body = "{}";
    int hang_ms = 0;
    bool cut = false;
    std::map<std::string, std::string> headers{};
};

class HttpServer {
public:
    HttpServer(); ///< listens on a free loopback port
    ~HttpServer();
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] std::string url(const std::string& path = "/") const;
    [[nodiscard]] int port() const { return port_; }
    /// Used for the next requests in order, one each; then `always`.
    void answer_next(HttpAnswer answer);
    void answer_always(HttpAnswer answer);
    [[nodiscard]] std::vector<HttpRequest> requests() const; ///< so far, in order of arrival
    [[nodiscard]] int most_at_once() const; ///< requests in progress at the same time

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    int port_ = 0;
};

} // namespace harmonia::test

// An HTTP/1.1 server for a handful of routes, on one address, behind a proxy if it is public.
// Debian's cpp-httplib parses and writes; routes, limits and shutdown are implemented here, so that
// the library can be replaced (docs/decisions/0007-http-server.md).
//
// Every connection carries one request: a kept one would occupy one of the few threads. A request
// over a limit (time, head, body) is refused with 408, 431 or 413, also if its body is chunked.
// Responses are never compressed and ranges are not served.
#pragma once

#include "core/net/listener.hpp"
#include "core/net/router.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace harmonia::net {

struct HttpServerSettings {
    std::string name; ///< of the API, in log lines
    Address listen{"127.0.0.1", 0};
    bool behind_proxy = false; ///< allows other addresses than loopback
    std::size_t threads = 3;   ///< requests handled in parallel
    ConnectionLimits limits{};
    std::string cors_origin{}; ///< origin whose pages may read responses; empty: none, `*`: all
    bool log_requests = true;  ///< one line each; status 500 and above is always logged
};

class HttpServer {
public:
    /// Starts listening and answering. Errors as listen_on(); Error(internal) for a bad route.
    HttpServer(HttpServerSettings settings, std::vector<Route> routes);
    ~HttpServer(); ///< stop()
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] int port() const;
    /// False after stop(), and after accepting failed for good: then the server is useless.
    [[nodiscard]] bool listening() const;
    /// Accepts no more connections, answers the requests that have arrived, then returns. May be
    /// repeated. Not from a handler.
    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::net

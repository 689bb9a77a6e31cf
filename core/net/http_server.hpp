// An HTTP/1.1 server for a handful of routes, on one address, behind a proxy where strangers call.
// Debian's cpp-httplib parses and writes; routes, limits and stopping are ours, so that another
// library can take its place (docs/decisions/0007-http-server.md).
//
// Every connection carries one request: a kept one would hold one of the few threads. Anything of
// the request over its limit (time, head, body) is refused, 408, 431 or 413, also where a body
// comes in chunks. Answers are never compressed and ranges are not served.
#pragma once

#include "core/net/listener.hpp"
#include "core/net/router.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace harmonia::net {

struct HttpServerSettings {
    std::string name; ///< the API's, in log lines
    Address listen{"127.0.0.1", 0};
    bool behind_proxy = false; ///< may listen elsewhere than on loopback
    std::size_t threads = 3;   ///< requests handled at the same time
    ConnectionLimits limits{};
    std::string cors_origin{}; ///< whose pages may read answers: empty nobody's, `*` all
    bool log_requests = true;  ///< one line each; answers from 500 on are always logged
};

class HttpServer {
public:
    /// Listens and answers from here on. Errors as listen_on(); Error(internal) for a bad route.
    HttpServer(HttpServerSettings settings, std::vector<Route> routes);
    ~HttpServer(); ///< stop()
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    [[nodiscard]] int port() const;
    /// False after stop(), and when the system takes no more connections for it: then it is of no
    /// more use.
    [[nodiscard]] bool listening() const;
    /// Takes no more connections, answers the requests that have come, and returns then. Harmless
    /// to repeat. Not from a handler.
    void stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::net

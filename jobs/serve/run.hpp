// `harmonia serve`: each API on its own listener, until a stop is asked for.
#pragma once

#include "core/config/value.hpp"
#include "core/db/connection.hpp"
#include "core/net/http_server.hpp"
#include "jobs/serve/api.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace harmonia::serve {

struct Options {
    std::vector<Api> apis;
    config::Value config;
    std::function<db::Settings(const std::string& role)> database;
    importers::SinkFactory orders = nullptr; ///< for the transact API
};

/// The section serve.<name>. Error(config).
[[nodiscard]] net::HttpServerSettings read_listener(const config::Value& root,
                                                    const std::string& name);

/// Serves while it exists; its destructor answers the requests that have arrived.
class Serving {
public:
    /// Throws what net::HttpServer throws; then nothing is served.
    explicit Serving(const Options& options);
    ~Serving();
    Serving(const Serving&) = delete;
    Serving& operator=(const Serving&) = delete;
    [[nodiscard]] bool listening() const; ///< on every address
    [[nodiscard]] int port(const std::string& api) const;

private:
    std::vector<std::pair<std::string, std::unique_ptr<net::HttpServer>>> servers_;
};

/// Serves until SIGINT or SIGTERM, answers the requests that have arrived by then, and throws
/// Error(130 or 143); Error(69) when an address is lost.
void run(const Options& options);

} // namespace harmonia::serve

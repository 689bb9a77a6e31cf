#include "jobs/serve/run.hpp"

#include "core/base/check.hpp"
#include "core/base/error.hpp"
#include "core/base/log.hpp"
#include "core/base/stop.hpp"
#include "core/config/config.hpp"

#include <algorithm>

namespace harmonia::serve {
namespace {

constexpr int k_wake_ms = 1'000; // how soon a lost address is noticed; a stop ends the sleep
constexpr long long k_threads_max = 256;

} // namespace

net::HttpServerSettings read_listener(const config::Value& root, const std::string& name) {
    const auto section = config::lookup(root, "serve." + name);
    HARMONIA_CHECK(section.has_value());
    config::Reader reader(*section);
    net::HttpServerSettings settings;
    settings.name = name;
    const config::Value listen = reader.required("listen");
    try {
        settings.listen = net::parse_address(listen.as_text());
    } catch (const Error& error) {
        listen.fail(error.what(), error.hint());
    }
    settings.behind_proxy = reader.boolean("behind_proxy", false);
    settings.threads = static_cast<std::size_t>(reader.integer("threads", 3, 1, k_threads_max));
    settings.log_requests = reader.boolean("log_requests", true);
    reader.finish();
    return settings;
}

Serving::Serving(const Options& options) {
    for (const Api& api : options.apis) {
        const net::HttpServerSettings settings = read_listener(options.config, api.name);
        auto server = std::make_unique<net::HttpServer>(
            settings, api.routes({options.config, options.database(api.role), options.orders}));
        log::info("serving", {{"api", api.name},
                              {"address", settings.listen.host},
                              {"port", server->port()},
                              {"threads", settings.threads}});
        servers_.emplace_back(api.name, std::move(server));
    }
}

Serving::~Serving() = default;

bool Serving::listening() const {
    return std::all_of(
        servers_.begin(), servers_.end(),
        [](const auto& entry) { return entry.second->listening(); });
}

int Serving::port(const std::string& api) const {
    for (const auto& [name, server] : servers_)
        if (name == api)
            return server->port();
    return 0;
}

void run(const Options& options) {
    {
        const Serving serving(options);
        while (!sleep_unless_stopped(k_wake_ms))
            if (!serving.listening())
                throw Error(Exit::unavailable, "a listening address was lost");
        log::info("stopping after requests in progress are answered");
    }
    throw_if_stopped();
}

} // namespace harmonia::serve

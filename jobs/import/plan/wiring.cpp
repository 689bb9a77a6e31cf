#include "jobs/import/plan/wiring.hpp"

#include <fmt/format.h>

namespace harmonia::importing {

const char* state_name(Done::State state) {
    switch (state) {
    case Done::State::loaded:
        return "loaded";
    case Done::State::checked:
        return "checked";
    case Done::State::refused:
        return "refused";
    case Done::State::busy:
        return "busy";
    case Done::State::moved:
        return "moved";
    case Done::State::received:
        break;
    }
    return "received";
}

std::unique_ptr<importers::SinkSession>
open_session(const Wiring& wiring, const std::shared_ptr<const importers::Feed>& feed,
             db::Connection& connection) {
    const auto sink = wiring.sinks.find(feed->sink);
    if (sink == wiring.sinks.end())
        throw Error(Exit::config,
                    fmt::format("feed '{}' names an unknown sink '{}'", feed->name, feed->sink));
    return sink->second(feed, connection);
}

} // namespace harmonia::importing

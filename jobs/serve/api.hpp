// An API: a name, its routes, and what they need. Each has a file jobs/serve/<name>.cpp and a line
// in apis.def; everything else (listening, limits, stopping, the section serve.<name> of the
// configuration) is the same for all.
#pragma once

#include "core/config/value.hpp"
#include "core/db/connection.hpp"
#include "core/net/router.hpp"
#include "importers/sink/sink.hpp"

#include <string>
#include <vector>

namespace harmonia::serve {

/// What an API's routes are made from.
struct Setup {
    config::Value config;                    ///< the whole tree
    db::Settings database;                   ///< of the API's role
    importers::SinkFactory orders = nullptr; ///< where orders go
};

struct Api {
    const char* name; ///< as typed after --api, and below serve: in the configuration
    const char* role; ///< whose database it reads
    /// Reads its configuration (Error(config)) but connects to no server: one that is down at the
    /// start may come up later.
    std::vector<net::Route> (*routes)(const Setup& setup);
};

/// The registration list.
[[nodiscard]] const std::vector<Api>& apis();

/// The named APIs, in the order of the list; all of them without names. Error(usage) for an unknown
/// name, with the known ones.
[[nodiscard]] std::vector<Api> chosen(const std::vector<std::string>& names);

} // namespace harmonia::serve

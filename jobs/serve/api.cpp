#include "jobs/serve/api.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::serve {

#define API(prefix, name, role) std::vector<net::Route> prefix##_routes(const Setup& setup);
#include "jobs/serve/apis.def"
#undef API

const std::vector<Api>& apis() {
    static const std::vector<Api> k_apis{
#define API(prefix, name, role) {name, role, prefix##_routes},
#include "jobs/serve/apis.def"
#undef API
    };
    return k_apis;
}

std::vector<Api> chosen(const std::vector<std::string>& names) {
    std::vector<std::string> known;
    for (const Api& api : apis())
        known.emplace_back(api.name);
    for (const std::string& name : names)
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw Error(Exit::usage, fmt::format("unknown API '{}'", printable(name, 60)),
                        fmt::format("Known APIs: {}.", join(known, ", ")));
    std::vector<Api> out;
    for (const Api& api : apis())
        if (names.empty() || std::find(names.begin(), names.end(), api.name) != names.end())
            out.push_back(api);
    return out;
}

} // namespace harmonia::serve

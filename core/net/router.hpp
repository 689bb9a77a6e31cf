// Which handler a request belongs to. Values only: no socket in sight, so that it is tested without
// one. Immutable once made; any thread.
//
// A pattern is literal segments and named ones, `/accounts/{debtor}/config`. A named segment takes
// any text that is not empty, percent-decoded (`%2F` inside it is a slash of the text, not of the
// path); the handler says what it must be. The first route that fits in order of declaration wins.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::net {

/// What a client asked for.
struct Request {
    std::string method; ///< also HEAD, which the handlers of GET answer
    std::string path;   ///< as sent, without the query
    std::string query;  ///< as sent, after `?`
    std::map<std::string, std::string, std::less<>> segments; ///< by their names in the pattern
    std::map<std::string, std::string, std::less<>>
        headers; ///< names in lower case; of repeated ones the first
    std::string body;
    std::string client; ///< address of the other side of the connection: a proxy's, behind one

    /// The named segment; it is there, because the pattern has it.
    [[nodiscard]] const std::string& segment(std::string_view name) const;
};

/// What it is told. A body wants a `Content-Type` among the headers.
struct Response {
    int status = 200;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

/// Called by several threads at once. What it throws becomes 503 (Error with exit 69 or 75) or 500,
/// without the text, which is logged.
using Handler = std::function<Response(const Request&)>;

struct Route {
    std::string method; ///< GET (answers HEAD too), POST, PUT, PATCH or DELETE
    std::string pattern;
    Handler handler;
    std::size_t body_bytes_max = 0; ///< a longer body is refused with 413
    /// A path that differs by a slash at its end only is told the right one with 308.
    bool redirect_slash = false;
};

/// A route with the request's segments, or, where there is none, the answer.
struct Found {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> segments{};
    Response answer{};
};

class Router {
public:
    /// Error(internal) for a pattern or method that is none.
    explicit Router(std::vector<Route> routes);

    /// `target` is the path as sent and perhaps `?query`. Without a route: 400 for a path that is
    /// not well formed, 404, 308, 405 with `Allow`, and for OPTIONS 200 with `Allow`.
    [[nodiscard]] Found find(std::string_view method, std::string_view target) const;

private:
    struct Entry {
        Route route;
        std::vector<std::string> segments; ///< `{name}` or literal; after a slash at the end: ""
    };
    [[nodiscard]] std::string allowed(const std::vector<std::string>& path) const;
    [[nodiscard]] const Entry* slash_away(const std::vector<std::string>& path) const;

    std::vector<Entry> entries_;
};

} // namespace harmonia::net

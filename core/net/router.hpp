// Finds the handler of a request. Values only, without sockets, so that it can be tested without
// them. Immutable once constructed; any thread.
//
// A pattern consists of literal and named segments, `/accounts/{debtor}/config`. A named segment
// matches any string that is not empty, percent-decoded (`%2F` inside it is part of the string, not
// of the path); the handler checks its value. The first declared route that matches wins.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace harmonia::net {

/// A client's request.
struct Request {
    std::string method; ///< also HEAD, which handlers of GET answer
    std::string path;   ///< as sent, without the query
    std::string query;  ///< as sent, after `?`
    std::map<std::string, std::string, std::less<>> segments; ///< by their names in the pattern
    std::map<std::string, std::string, std::less<>>
        headers; ///< names in lower case; the first of repeated ones
    std::string body;
    std::string client; ///< address of the peer: that of the proxy if there is one

    /// The named segment; the pattern must have it.
    [[nodiscard]] const std::string& segment(std::string_view name) const;
};

/// The response. One with a body needs a `Content-Type` header.
struct Response {
    int status = 200;
    std::string body{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

/// Called by several threads at once. An exception becomes 503 (Error with exit 69 or 75) or 500;
/// its text is logged, not sent.
using Handler = std::function<Response(const Request&)>;

struct Route {
    std::string method; ///< GET (answers HEAD too), POST, PUT, PATCH or DELETE
    std::string pattern;
    Handler handler;
    std::size_t body_bytes_max = 0; ///< a longer body is refused with 413
    /// A path that differs only by a slash at its end is redirected with 308.
    bool redirect_slash = false;
};

/// A route with the request's segments, or the response if there is none.
struct RouteMatch {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> segments{};
    Response answer{};
};

class Router {
public:
    /// Error(internal) for an invalid pattern or method.
    explicit Router(std::vector<Route> routes);

    /// `target`: the path as sent, optionally with `?query`. Without a route: 400 for a malformed
    /// path, 404, 308, 405 with `Allow`, and for OPTIONS 200 with `Allow`.
    [[nodiscard]] RouteMatch find(std::string_view method, std::string_view target) const;

private:
    struct Entry {
        Route route;
        std::vector<std::string> segments; ///< `{name}` or literal; "" after a final slash
    };
    [[nodiscard]] std::string allowed(const std::vector<std::string>& path) const;
    [[nodiscard]] const Entry* differs_by_slash(const std::vector<std::string>& path) const;

    std::vector<Entry> entries_;
};

} // namespace harmonia::net

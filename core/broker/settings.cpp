#include "core/broker/settings.hpp"

#include "core/base/error.hpp"
#include "core/base/text.hpp"

#include <fmt/format.h>

#include <optional>

namespace harmonia::broker {
namespace {

constexpr int k_port_max = 65'535;

[[noreturn]] void malformed(const std::string& why) {
    throw Error(
        Exit::config, "broker URL: " + why,
        "A broker URL reads amqp://USER:PASSWORD@HOST:PORT/VHOST, or amqps:// for TLS; write "
        "the virtual host '/' as %2f.");
}

std::string decoded(std::string_view text) {
    auto bytes = percent_decoded(text);
    if (!bytes)
        malformed("bad percent encoding");
    return std::move(*bytes);
}

std::string_view cut_scheme(std::string_view url, Endpoint& endpoint) {
    const auto mark = url.find("://");
    const auto scheme = url.substr(0, mark == std::string_view::npos ? 0 : mark);
    if (scheme != "amqp" && scheme != "amqps")
        malformed("the scheme must be amqp or amqps");
    endpoint.tls = scheme == "amqps";
    endpoint.port = endpoint.tls ? 5671 : 5672;
    return url.substr(mark + 3);
}

void parse_authority(std::string_view authority, Endpoint& endpoint) {
    if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
        const auto user = authority.substr(0, at);
        const auto colon = user.find(':');
        endpoint.user = decoded(user.substr(0, colon));
        endpoint.password = colon == std::string_view::npos ? "" : decoded(user.substr(colon + 1));
        authority.remove_prefix(at + 1);
    }
    std::string_view port;
    if (authority.starts_with('[')) { // an IPv6 address
        const auto close = authority.find(']');
        if (close == std::string_view::npos)
            malformed("'[' without ']'");
        endpoint.host = authority.substr(1, close - 1);
        port = authority.substr(close + 1);
        if (!port.empty() && !port.starts_with(':'))
            malformed("unexpected text after ']'");
    } else {
        const auto colon = authority.find(':');
        endpoint.host = decoded(authority.substr(0, colon));
        port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
    }
    if (endpoint.host.empty())
        malformed("the host is missing");
    if (port.size() > 1) {
        const auto number = parse_int(port.substr(1));
        if (!number || *number < 1 || *number > k_port_max)
            malformed("the port must be a number from 1 to 65535");
        endpoint.port = static_cast<int>(*number);
    }
}

} // namespace

std::string Endpoint::text() const {
    return fmt::format("{}:{}/{}", host, port, vhost == "/" ? std::string("%2f") : vhost);
}

Endpoint parse_url(const std::string& url) {
    Endpoint endpoint;
    endpoint.user = endpoint.password = "guest";
    endpoint.vhost = "/";
    const std::string_view rest = cut_scheme(url, endpoint);
    if (rest.find_first_of("?#") != std::string_view::npos)
        malformed("parameters are not supported");
    const auto slash = rest.find('/');
    parse_authority(rest.substr(0, slash), endpoint);
    if (slash != std::string_view::npos) {
        const auto path = rest.substr(slash + 1);
        if (path.find('/') != std::string_view::npos)
            malformed("the virtual host must have its '/' written as %2f");
        if (!path.empty())
            endpoint.vhost = decoded(path);
    }
    return endpoint;
}

std::string masked_url(const std::string& url) {
    static_cast<void>(parse_url(url));
    const auto begin = url.find("://") + 3;
    const auto at = url.substr(0, url.find('/', begin)).rfind('@');
    if (at == std::string::npos)
        return url;
    const auto colon = url.find(':', begin);
    if (colon == std::string::npos || colon > at)
        return url;
    return url.substr(0, colon + 1) + "***" + url.substr(at);
}

} // namespace harmonia::broker

#include "core/net/router.hpp"

#include "core/base/check.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace harmonia::net {
namespace {

using Segments = std::vector<std::string>;
using Named = std::map<std::string, std::string, std::less<>>;

constexpr std::array k_methods = {"DELETE", "GET", "PATCH", "POST", "PUT"};

std::optional<std::string> decoded(std::string_view text) {
    auto bytes = percent_decoded(text);
    return bytes && find_bad_utf8(*bytes) == std::string_view::npos ? std::move(bytes)
                                                                    : std::nullopt;
}

/// The decoded segments after the first slash; empty for a malformed path.
std::optional<Segments> segments_of(std::string_view path) {
    if (!path.starts_with('/'))
        return std::nullopt;
    Segments out;
    for (const auto part : split(path.substr(1), '/')) {
        auto segment = decoded(part);
        if (!segment)
            return std::nullopt;
        out.push_back(std::move(*segment));
    }
    return out;
}

bool is_named(const std::string& segment) {
    return segment.starts_with('{');
}

bool matches(const Segments& pattern, const Segments& path) {
    return pattern.size() == path.size() &&
           std::equal(
               pattern.begin(), pattern.end(), path.begin(),
               [](const std::string& wanted, const std::string& found) {
                   return is_named(wanted) ? !found.empty() : wanted == found;
               });
}

Named named(const Segments& pattern, const Segments& path) {
    Named out;
    for (std::size_t i = 0; i < pattern.size(); ++i)
        if (is_named(pattern[i]))
            out[pattern[i].substr(1, pattern[i].size() - 2)] = path[i];
    return out;
}

/// The same path with a final slash added, or removed if it has one.
Segments toggle_slash(Segments path) {
    if (path.back().empty() && path.size() > 1)
        path.pop_back();
    else
        path.emplace_back();
    return path;
}

std::string toggle_slash(std::string_view path, std::string_view query) {
    std::string out(path);
    if (out.ends_with('/'))
        out.pop_back();
    else
        out += '/';
    return query.empty() ? out : out + "?" + std::string(query);
}

} // namespace

const std::string& Request::segment(std::string_view name) const {
    const auto found = segments.find(name);
    HARMONIA_CHECK(found != segments.end());
    return found->second;
}

Router::Router(std::vector<Route> routes) {
    for (Route& route : routes) {
        HARMONIA_CHECK(std::find(k_methods.begin(), k_methods.end(), route.method) !=
                       k_methods.end());
        auto segments = segments_of(route.pattern);
        HARMONIA_CHECK(segments.has_value() && route.handler != nullptr);
        for (const std::string& segment : *segments)
            HARMONIA_CHECK(!is_named(segment) || (segment.ends_with('}') && segment.size() > 2));
        entries_.push_back({std::move(route), std::move(*segments)});
    }
}

std::string Router::allowed(const Segments& path) const {
    std::set<std::string> methods;
    for (const Entry& entry : entries_) {
        if (!matches(entry.segments, path))
            continue;
        methods.insert({entry.route.method, "OPTIONS"});
        if (entry.route.method == "GET")
            methods.insert("HEAD");
    }
    const std::vector<std::string> list(methods.begin(), methods.end());
    return join(list, ", ");
}

const Router::Entry* Router::differs_by_slash(const Segments& path) const {
    const Segments other = toggle_slash(path);
    for (const Entry& entry : entries_)
        if (entry.route.redirect_slash && matches(entry.segments, other))
            return &entry;
    return nullptr;
}

RouteMatch Router::find(std::string_view method, std::string_view target) const {
    const auto mark = target.find('?');
    const auto path = target.substr(0, mark);
    const auto query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
    const auto segments = segments_of(path);
    if (!segments)
        return {.answer = {.status = 400}};
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    for (const Entry& entry : entries_)
        if (entry.route.method == wanted && matches(entry.segments, *segments))
            return {.route = &entry.route, .segments = named(entry.segments, *segments)};
    if (std::string allow = allowed(*segments); !allow.empty())
        return {.answer = {.status = method == "OPTIONS" ? 200 : 405,
                           .headers = {{"Allow", std::move(allow)}}}};
    if (differs_by_slash(*segments) != nullptr)
        return {.answer = {.status = 308, .headers = {{"Location", toggle_slash(path, query)}}}};
    return {.answer = {.status = 404}};
}

} // namespace harmonia::net

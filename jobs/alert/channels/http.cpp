#include "jobs/alert/channels/http.hpp"

#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "jobs/alert/channels/retry.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace harmonia::alert {
namespace {

constexpr std::size_t k_answer_max = 1U << 16U; // 1 KiB is kept; a provider's id is searched for

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string host_of(const std::string& url) {
    const std::size_t begin = url.find("://") + 3;
    std::string host = url.substr(begin, url.find_first_of("/?#", begin) - begin);
    host = host.substr(host.rfind('@') + 1);
    if (host.starts_with('['))
        return host.substr(1, host.find(']') - 1);
    return host.substr(0, host.find(':'));
}

bool names_header(const Headers& headers, std::string_view name) {
    return std::any_of(
        headers.begin(), headers.end(),
        [&](const auto& header) { return to_lower(header.first) == name; });
}

} // namespace

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "::1" || host == "[::1]" ||
           (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string read_url(config::Reader& reader) {
    const auto value = reader.required("url");
    std::string url = value.as_text();
    if (url.find("://") == std::string::npos)
        value.fail("must be a URL, got '" + printable(url, 100) + "'");
    const std::string host = host_of(url);
    if (!url.starts_with("https://") && !(url.starts_with("http://") && is_loopback(host)))
        value.fail("must be https, or http to this machine");
    if (const auto allowed = reader.optional("allowed_hosts")) {
        const auto names = allowed->as_text_list();
        if (std::find(names.begin(), names.end(), host) == names.end())
            value.fail("host '" + printable(host, 100) + "' is not in allowed_hosts");
    }
    return url;
}

std::chrono::milliseconds read_timeout(config::Reader& reader) {
    constexpr long long k_max_ms = 30'000;
    const auto value = reader.optional("timeout");
    const long long ms = value ? value->as_duration_ms() : k_max_ms;
    if (ms < 1 || ms > k_max_ms)
        value->fail("must be between 1ms and 30s");
    return std::chrono::milliseconds(ms);
}

net::HttpLimits read_limits(config::Reader& reader) {
    net::HttpLimits limits;
    limits.total_timeout = read_timeout(reader);
    limits.connect_timeout = std::min(limits.connect_timeout, limits.total_timeout);
    limits.in_flight = static_cast<std::size_t>(reader.integer("connections", 4, 1, 16));
    limits.ca_file = reader.text("ca_file", "");
    limits.answer_bytes_max = k_answer_max;
    limits.cut_long_answers = true;
    return limits;
}

std::vector<std::pair<std::string, std::string>> read_headers(config::Reader& reader) {
    std::vector<std::pair<std::string, std::string>> out;
    if (const auto map = reader.optional("headers"))
        for (const auto& [name, value] : map->map()) {
            if (value.as_text().find_first_of("\r\n") != std::string::npos)
                value.fail("must be one line");
            out.emplace_back(name, value.as_text());
        }
    return out;
}

Result result_of(const net::HttpAnswer& answer) {
    Result result;
    result.code = answer.status;
    result.reply = answer.status == 0 ? answer.error : answer.body;
    result.duration_ms = answer.duration_ms;
    result.retry_after_s = answer.retry_after_s;
    result.outcome = !answer.sent         ? Result::Class::unsent
                     : answer.status == 0 ? Result::Class::transient
                                          : http_class(answer.status);
    return result;
}

std::vector<Result> HttpTransport::send(std::span<const Delivery> deliveries) {
    std::vector<net::HttpRequest> requests;
    for (const Delivery& delivery : deliveries) {
        requests.push_back(request(delivery));
        auto& headers = requests.back().headers;
        headers.emplace_back("Idempotency-Key", delivery.key);
        if (!names_header(headers, "content-type"))
            headers.emplace_back("Content-Type", "application/json");
    }
    std::vector<Result> results;
    for (const auto& answer : client_.send_all(requests))
        results.push_back(result(answer));
    return results;
}

std::string event_body(const Json& data) {
    const Json& alerts = data.at("alerts");
    const bool firing = std::any_of(alerts.begin(), alerts.end(), [](const Json& alert) {
        return !alert.at("ends_at").is_null();
    });
    return json::dumped({{"version", "1"},
                         {"receiver", data.at("receiver")},
                         {"group_key", data.at("group").at("key")},
                         {"status", firing ? "firing" : "happened"},
                         {"severity", data.at("severity")},
                         {"reason", data.at("reason")},
                         {"number", data.at("number")},
                         {"labels", data.at("group").at("labels")},
                         {"alerts", alerts},
                         {"truncated", data.at("more")}});
}

std::string body_payload(const std::string& body) {
    return json::dumped({{"body", body}});
}

std::string body_of(const Delivery& delivery) {
    return Json::parse(delivery.payload).at("body").get<std::string>();
}

} // namespace harmonia::alert

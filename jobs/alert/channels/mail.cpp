#include "jobs/alert/channels/mail.hpp"

#include "core/base/text.hpp"
#include "core/json/writer.hpp"
#include "core/time/civil.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace harmonia::alert {
namespace {

constexpr std::size_t k_subject_max = 78;     // visible characters (RFC 5322, 2.1.1)
constexpr std::size_t k_word_bytes = 42;      // of text in an encoded word: 75 with its frame
constexpr std::size_t k_quoted_line_max = 76; // RFC 2045, 6.7

bool continues(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

std::string cut(const std::string& text, std::size_t characters) {
    std::size_t at = 0;
    for (std::size_t seen = 0; at < text.size(); ++at)
        if (!continues(text[at]) && seen++ == characters)
            break;
    return text.substr(0, at);
}

/// Removes line breaks and other control characters.
std::string one_line(std::string_view text) {
    std::string out;
    for (const char c : text)
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)
            out += c;
    return out;
}

std::string rfc_date(std::int64_t us) {
    static constexpr std::array k_days = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static constexpr std::array k_months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto at = time::civil_of(us);
    const int weekday = time::weekday_of(time::date_of_local(us));
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000",
                       k_days[static_cast<std::size_t>(weekday - 1)], at.day,
                       k_months[static_cast<std::size_t>(at.month - 1)], at.year, at.hour,
                       at.minute, at.second);
}

void part(std::string& out, const char* type, const std::string& text) {
    out += fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: "
                       "quoted-printable\r\n\r\n",
                       type);
    out += quoted_printable(text);
}

} // namespace

std::string bare_address(const std::string& address) {
    const std::size_t open = address.rfind('<'), close = address.rfind('>');
    return open != std::string::npos && close != std::string::npos && close > open
               ? address.substr(open + 1, close - open - 1)
               : std::string(trim(address));
}

std::string header_value(std::string_view text) {
    const std::string line = one_line(text);
    const bool plain =
        std::all_of(line.begin(), line.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
    if (plain && line.find("=?") == std::string::npos)
        return line;
    std::string out;
    for (std::size_t at = 0; at < line.size();) {
        std::size_t end = std::min(at + k_word_bytes, line.size());
        while (end < line.size() && end > at + 1 && continues(line[end]))
            --end;
        out += out.empty() ? "" : "\r\n ";
        out += "=?utf-8?B?" + base64(std::string_view(line).substr(at, end - at)) + "?=";
        at = end;
    }
    return out;
}

std::string quoted_printable(std::string_view text) {
    std::string out;
    std::size_t column = 0;
    const auto put = [&](const std::string& piece) {
        if (column + piece.size() >= k_quoted_line_max) {
            out += "=\r\n";
            column = 0;
        }
        out += piece;
        column += piece.size();
    };
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        const bool ends = at + 1 == text.size() || text[at + 1] == '\n' || text[at + 1] == '\r';
        if (c == '\n') {
            out += "\r\n";
            column = 0;
        } else if (c == '\r') {
            continue;
        } else if (c == '=' || c < 0x20 || c == 0x7F || (c == ' ' && ends)) {
            put(fmt::format("={:02X}", static_cast<unsigned char>(c)));
        } else {
            put(std::string(1, c));
        }
    }
    return out + "\r\n";
}

MailParts mail_parts(const Json& data, const Texts& texts, std::string from,
                     std::vector<std::string> to, std::string domain) {
    MailParts parts;
    parts.subject = cut(one_line(texts.subject.render(data)), k_subject_max);
    parts.text = texts.text.render(data);
    if (texts.html)
        parts.html = texts.html->render(data);
    if (domain.empty())
        domain = bare_address(from).substr(bare_address(from).find('@') + 1);
    parts.from = std::move(from);
    parts.to = std::move(to);
    parts.thread =
        fmt::format("<group-{}@{}>", data.at("group").at("id").get<std::string>(), domain);
    parts.domain = std::move(domain);
    return parts;
}

std::string mail_payload(const MailParts& parts) {
    return json::dumped({{"from", parts.from},
                         {"to", parts.to},
                         {"subject", parts.subject},
                         {"text", parts.text},
                         {"html", parts.html},
                         {"thread", parts.thread},
                         {"domain", parts.domain}});
}

std::string mail_text(const Delivery& delivery) {
    const Json p = Json::parse(delivery.payload);
    const auto of = [&](const char* name) { return p.at(name).get<std::string>(); };
    std::string out = "From: " + header_value(of("from")) + "\r\nTo: ";
    bool more = false;
    for (const auto& to : p.at("to")) {
        out += (more ? ",\r\n " : "") + header_value(to.get<std::string>());
        more = true;
    }
    out += fmt::format("\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\nReferences: {}\r\n"
                       "Auto-Submitted: auto-generated\r\nX-Harmonia-Idempotency-Key: {}\r\n"
                       "MIME-Version: 1.0\r\n",
                       header_value(of("subject")), rfc_date(delivery.created_us), delivery.key,
                       of("domain"), of("thread"), delivery.key);
    if (of("html").empty()) {
        part(out, "text/plain", of("text"));
        return out;
    }
    // From the key, not random: every attempt sends the same bytes.
    const std::string boundary = "=_" + delivery.key.substr(0, 32);
    out += "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n";
    for (const char* kind : {"text", "html"}) {
        out += "--" + boundary + "\r\n";
        part(out, std::string_view(kind) == "text" ? "text/plain" : "text/html", of(kind));
    }
    return out + "--" + boundary + "--\r\n";
}

net::Mail mail_of(const Delivery& delivery) {
    const Json payload = Json::parse(delivery.payload);
    net::Mail mail{bare_address(payload.at("from").get<std::string>()), {}, mail_text(delivery)};
    for (const auto& to : payload.at("to"))
        mail.to.push_back(bare_address(to.get<std::string>()));
    return mail;
}

} // namespace harmonia::alert

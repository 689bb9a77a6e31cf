// Mails in the form of RFC 5322, from their parts. Pure.
#pragma once

#include "core/net/smtp.hpp"
#include "jobs/alert/channels/channel.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::alert {

/// What a mail is made of; stored as the payload of its delivery.
struct MailParts {
    std::string from, subject, text, html; ///< html empty: text only
    std::vector<std::string> to;
    std::string thread; ///< `<…>`, in References: the same for all mails of a group
    std::string domain; ///< of the Message-ID
};
[[nodiscard]] std::string mail_payload(const MailParts& parts);

/// The parts of a mail to `to`, with the subject cut to 78 visible characters.
[[nodiscard]] MailParts mail_parts(const Json& data, const Texts& texts, std::string from,
                                   std::vector<std::string> to, std::string domain);

/// Headers and body with CRLF line ends: the same for the same delivery, whenever it is sent.
[[nodiscard]] std::string mail_text(const Delivery& delivery);
/// The same with its envelope.
[[nodiscard]] net::Mail mail_of(const Delivery& delivery);

/// `text` as a header's value: no line breaks; encoded (RFC 2047) unless it is plain ASCII.
[[nodiscard]] std::string header_value(std::string_view text);
[[nodiscard]] std::string quoted_printable(std::string_view text);
/// `mail@example.com` of `Name <mail@example.com>`.
[[nodiscard]] std::string bare_address(const std::string& address);

} // namespace harmonia::alert

// Mails as RFC 5322 writes them, from their parts. Pure.
#pragma once

#include "jobs/alert/channel.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::alert {

/// What a mail is made of; kept as the payload of its delivery.
struct MailParts {
    std::string from, subject, text, html; ///< html empty: text only
    std::vector<std::string> to;
    std::string thread; ///< `<…>`: mails of one group refer to it
    std::string domain; ///< of the Message-ID
};
[[nodiscard]] Json mail_payload(const MailParts& parts);

/// The parts of a mail to `to`, with the subject cut to 78 visible characters.
[[nodiscard]] MailParts mail_parts(const Telling& telling, const Texts& texts, std::string from,
                                   std::vector<std::string> to, std::string domain);

/// Headers and body with CRLF line ends: the same for the same letter, whenever it is sent.
[[nodiscard]] std::string mail_text(const Letter& letter);

/// `text` as a header's value: no line breaks; encoded (RFC 2047) where it is not plain ASCII.
[[nodiscard]] std::string header_value(std::string_view text);
[[nodiscard]] std::string quoted_printable(std::string_view text);
/// `mail@example.com` of `Name <mail@example.com>`.
[[nodiscard]] std::string bare_address(const std::string& address);

} // namespace harmonia::alert

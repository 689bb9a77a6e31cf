// Mail over SMTP through libcurl: several connections in parallel, each used for many mails, with
// bounded waits and with certificates and host names verified.
//
// A mail without a complete reply yields an error text, not an exception: servers in trouble are
// ordinary.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace harmonia::net {

struct SmtpServer {
    std::string host;
    int port = 25;
    enum class Tls { none, starttls, implicit } tls = Tls::implicit; ///< starttls: required
    std::string user, password;                                      ///< no user: no login
    std::string mechanism; ///< PLAIN, LOGIN, CRAM-MD5; empty: the best that both support
    std::string ca_file;   ///< CA bundle; empty: the system's
    std::size_t connections = 4;
    std::size_t mails_per_connection = 100; ///< then it is closed and reopened
    std::chrono::milliseconds connect_timeout{5'000}, total_timeout{30'000};
};

struct Mail {
    std::string from; ///< the envelope: bare addresses
    std::vector<std::string> to;
    std::string message; ///< headers and body with CRLF line ends; dot-stuffing happens here
};

struct MailAnswer {
    int code = 0;               ///< of the server's last reply; 0: none
    std::string reply;          ///< the last reply, or why there is none
    bool accepted = false;      ///< by the server, for at least one recipient
    bool login_refused = false; ///< the mail itself is not at fault
    bool sent = true;           ///< false: not tried, because the program is stopping
    int duration_ms = 0;
};

/// Connections are kept between calls. One calling thread; during a call each connection has a
/// thread of its own.
class SmtpClient {
public:
    explicit SmtpClient(SmtpServer server);
    ~SmtpClient();
    SmtpClient(const SmtpClient&) = delete;
    SmtpClient& operator=(const SmtpClient&) = delete;

    /// Replies in the order of the mails. When a stop is requested, those in progress are finished
    /// and the rest stay unsent.
    [[nodiscard]] std::vector<MailAnswer> send_all(std::span<const Mail> mails);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::net

// Mail over SMTP through libcurl: several connections at once, each used for many mails, every wait
// bounded, certificates and host names verified.
//
// A mail that got no whole answer is an error text, not an exception: a server in trouble is
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
    enum class Tls { none, starttls, implicit } tls = Tls::implicit; ///< starttls: or nothing
    std::string user, password;                                      ///< no user: no login
    std::string mechanism; ///< PLAIN, LOGIN, CRAM-MD5; empty: the best that both know
    std::string ca_file;   ///< who may vouch for the server; empty: the system's
    std::size_t connections = 4;
    std::size_t mails_a_connection = 100; ///< then it is closed and made anew
    std::chrono::milliseconds connect_timeout{5'000}, total_timeout{30'000};
};

struct Mail {
    std::string from; ///< bare addresses: the envelope
    std::vector<std::string> to;
    std::string message; ///< headers and body with CRLF line ends; dots are doubled here
};

struct MailAnswer {
    int code = 0;               ///< the server's last one; 0: it said nothing
    std::string reply;          ///< its last words, or why there are none
    bool accepted = false;      ///< by the server, for one recipient at least
    bool login_refused = false; ///< nothing is wrong with the mail
    bool sent = true;           ///< false: not tried, because the program was asked to stop
    int duration_ms = 0;
};

/// Connections are kept between calls. One caller thread; each connection has its own while a call
/// lasts.
class SmtpClient {
public:
    explicit SmtpClient(SmtpServer server);
    ~SmtpClient();
    SmtpClient(const SmtpClient&) = delete;
    SmtpClient& operator=(const SmtpClient&) = delete;

    /// Answers in the order of the mails. When a stop is asked for, those under way are finished
    /// and the rest stay unsent.
    [[nodiscard]] std::vector<MailAnswer> send_all(std::span<const Mail> mails);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace harmonia::net

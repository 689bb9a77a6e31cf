// The limit that `alert` is measured against: a mail client that does nothing but send, over one
// connection, waiting for each answer, as curl does.
//
//   bench_bare_smtp PORT MAILS
//
// MAILS is what tests/db/alert/smtp_server.py kept: lines of JSON with `to` and `mail`. Prints the
// seconds from before the connection to the last 250.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string& what) {
    std::fprintf(stderr, "bench_bare_smtp: %s\n", what.c_str());
    std::exit(1);
}

class Server {
public:
    explicit Server(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
            fail("cannot connect");
    }
    ~Server() { ::close(socket_); }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void ask(const std::string& text, char kind) const {
        for (std::size_t sent = 0; sent < text.size();) {
            const auto count = ::send(socket_, text.data() + sent, text.size() - sent, 0);
            if (count <= 0)
                fail("the server hung up");
            sent += static_cast<std::size_t>(count);
        }
        expect(kind);
    }
    /// The last line of an answer has a blank after its code.
    void expect(char kind) const {
        std::string answer;
        char bytes[1024];
        for (;;) {
            const auto count = ::recv(socket_, bytes, sizeof bytes, 0);
            if (count <= 0)
                fail("the server hung up");
            answer.append(bytes, static_cast<std::size_t>(count));
            if (!answer.ends_with("\r\n"))
                continue;
            const auto before = answer.rfind('\n', answer.size() - 2);
            const auto last = before == std::string::npos ? 0 : before + 1;
            if (answer.size() > last + 3 && answer[last + 3] == ' ')
                break;
        }
        if (answer.front() != kind)
            fail("the server says " + answer);
    }

private:
    int socket_;
};

struct Mail {
    std::string to, text;
};

std::vector<Mail> read_mails(const char* path) {
    std::vector<Mail> mails;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const auto mail = nlohmann::json::parse(line);
        mails.push_back({mail.at("to").at(0), mail.at("mail").get<std::string>() + ".\r\n"});
    }
    return mails;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3)
        fail("two arguments: PORT MAILS");
    const auto mails = read_mails(argv[2]);
    const auto begin = std::chrono::steady_clock::now();
    const Server server(std::atoi(argv[1]));
    server.expect('2');
    server.ask("EHLO localhost\r\n", '2');
    for (const Mail& mail : mails) {
        server.ask("MAIL FROM:<alerts@example.com>\r\n", '2');
        server.ask("RCPT TO:<" + mail.to + ">\r\n", '2');
        server.ask("DATA\r\n", '3');
        server.ask(mail.text, '2');
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    std::printf("%.3f\n", took.count());
    return 0;
}

// amqps: who is spoken to is verified before a word of AMQP (and so the password) is said.
#include "core/base/error.hpp"
#include "core/broker/session.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>

using namespace harmonia;
using namespace harmonia::test;

namespace {

/// A TLS server that says nothing, with a certificate of its own for `name`.
class TlsServer {
public:
    explicit TlsServer(const std::string& name)
        : made_(make(name)), port_(free_port()),
          server_({{"openssl", "s_server", "-quiet", "-accept", fmt::format("127.0.0.1:{}", port_),
                    "-cert", file("cert.pem"), "-key", file("key.pem")},
                   {},
                   {}}) {
        wait_until_listening(port_);
    }
    [[nodiscard]] std::string file(const std::string& name) const {
        return directory_.path() + "/" + name;
    }
    [[nodiscard]] int port() const { return port_; }

private:
    bool make(const std::string& name) const {
        const auto done =
            run({{"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                  "/CN=" + name, "-addext", "subjectAltName=DNS:" + name, "-keyout",
                  file("key.pem"), "-out", file("cert.pem")},
                 {},
                 {}});
        REQUIRE(done.exit == 0);
        return true;
    }
    TempDir directory_;
    bool made_;
    int port_;
    Running server_;
};

std::string failure_of(const TlsServer& server, const std::string& ca_file) {
    broker::Settings settings;
    settings.url = fmt::format("amqps://user:hidden@localhost:{}/v", server.port());
    settings.ca_file = ca_file;
    settings.connect_wait_ms = 1;
    settings.connect_timeout_ms = 2'000;
    try {
        const broker::Session session(settings);
    } catch (const Error& problem) {
        CHECK(std::string(problem.what()).find("hidden") == std::string::npos);
        return problem.what();
    }
    return "connected";
}

} // namespace

TEST_CASE("a certificate for another name is refused") {
    const TlsServer server("somebody.else.example");
    CHECK_THAT(failure_of(server, server.file("cert.pem")),
               Catch::Contains("hostname verification"));
}

TEST_CASE("a certificate that nobody known vouches for is refused") {
    const TlsServer server("localhost");
    const auto failure = failure_of(server, broker::Settings{}.ca_file);
    CHECK_THAT(failure, Catch::Contains("SSL"));
    CHECK_THAT(failure, Catch::Contains("connecting"));
}

TEST_CASE("the right certificate gets as far as the login") {
    const TlsServer server("localhost");
    CHECK_THAT(failure_of(server, server.file("cert.pem")), Catch::Contains("logging in"));
}

TEST_CASE("a certificate file that is not there is a configuration error") {
    broker::Settings settings;
    settings.url = "amqps://localhost:1/v";
    settings.ca_file = "/nowhere/ca.pem";
    try {
        const broker::Session session(settings);
        FAIL("connected");
    } catch (const Error& problem) {
        CHECK(problem.exit() == Exit::config);
    }
}

#include "core/base/error.hpp"
#include "core/broker/settings.hpp"
#include "tests/support/catch.hpp"

using harmonia::Error;
using harmonia::Exit;
using harmonia::broker::masked_url;
using harmonia::broker::parse_url;

TEST_CASE("a broker URL has defaults for all but the host") {
    const auto plain = parse_url("amqp://mq.example");
    CHECK(plain.host == "mq.example");
    CHECK(plain.port == 5672);
    CHECK(plain.vhost == "/");
    CHECK(plain.user == "guest");
    CHECK_FALSE(plain.tls);
    const auto secure = parse_url("amqps://a%40b:p%3aw@mq.example/ops%2fprod");
    CHECK(secure.tls);
    CHECK(secure.port == 5671);
    CHECK(secure.user == "a@b");
    CHECK(secure.password == "p:w");
    CHECK(secure.vhost == "ops/prod");
    CHECK(parse_url("amqp://[::1]:5673/x").host == "::1");
    CHECK(parse_url("amqp://[::1]:5673/x").port == 5673);
}

TEST_CASE("a malformed broker URL is a configuration error that shows no password") {
    for (const auto* url :
         {"http://h", "h:5672", "amqp://", "amqp://u:secret@", "amqp://u:secret@h:x",
          "amqp://u:secret@h:70000", "amqp://u:secret@h/a/b", "amqp://u:secret%zz@h",
          "amqp://u:secret@h/%2f?x=y"}) {
        INFO(url);
        try {
            static_cast<void>(parse_url(url));
            FAIL("accepted");
        } catch (const Error& problem) {
            CHECK(problem.exit() == Exit::config);
            CHECK(std::string(problem.what()).find("secret") == std::string::npos);
        }
    }
}

TEST_CASE("a shown broker URL has its password masked") {
    CHECK(masked_url("amqp://u:secret@h:1/v") == "amqp://u:***@h:1/v");
    CHECK(masked_url("amqp://u@h/v") == "amqp://u@h/v");
    CHECK(masked_url("amqp://h:5672/v") == "amqp://h:5672/v");
    CHECK(masked_url("amqp://u:a%40b@h") == "amqp://u:***@h");
}

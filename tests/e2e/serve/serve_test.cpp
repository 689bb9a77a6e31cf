// `harmonia serve` as an operator starts and stops it.
#include "tests/support/catch.hpp"
#include "tests/support/database.hpp"
#include "tests/support/ports.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>

#include <csignal>
#include <memory>

using namespace harmonia::test;

namespace {

std::string get(int port, const std::string& path) {
    return RawClient(port).ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
}

Launch serve(const TempDatabase& database, int port) {
    Launch launch;
    launch.command = {program("harmonia"), "--log-format", "logfmt", "serve", "--api", "fetch"};
    launch.environment = {{"HARMONIA_DATABASE_DSN", database.dsn()},
                          {"HARMONIA_SERVE_FETCH_LISTEN", fmt::format("127.0.0.1:{}", port)}};
    return launch;
}

} // namespace

TEST_CASE("serve answers until it is stopped, then what has come, and leaves its record") {
    const TempDatabase database;
    database.execute("INSERT INTO accounts.account (debtor_id, creditor_id, creation_date,"
                     " last_change_ts, last_heartbeat_ts, last_transfer_id)"
                     " VALUES (1, 2, '2026-01-01', now(), now(), 0)");
    const int port = free_port();
    Running server(serve(database, port));
    wait_until_listening(port, true);
    REQUIRE(status_of(get(port, "/accounts/1/2/reachable?token=hidden")) == 204);
    REQUIRE(status_of(get(port, "/accounts/1/3/reachable")) == 404);

    const RawClient late(port);
    REQUIRE(late.say("GET /accounts/healthz HTTP/1.1\r\nAuthorization: hidden\r\n"));
    REQUIRE(status_of(get(port, "/accounts/healthz")) == 200); // so the late one was taken, too
    server.signal(SIGTERM);
    wait_until_listening(port, false);
    REQUIRE(late.say("\r\n"));
    REQUIRE(body_of(late.hear()) == "I am healthy");

    const Finished finished = server.wait();
    REQUIRE(finished.exit == 143);
    REQUIRE(finished.err.find("path=/accounts/1/2/reachable status=204") != std::string::npos);
    REQUIRE(finished.err.find("hidden") == std::string::npos);
    REQUIRE(database.text("SELECT concat_ws(' ', command, outcome, exit_code) FROM ops.job_run") ==
            "serve interrupted 143");
}

TEST_CASE("serve takes the variables of the original") {
    const TempDatabase database;
    const int port = free_port();
    Launch launch;
    launch.command = {"/usr/bin/env", "-u",   "HARMONIA_DATABASE_DSN", program("harmonia"), "serve",
                      "--api",        "fetch"};
    launch.environment = {{"POSTGRES_URL", database.dsn()},
                          {"WEBSERVER_PORT", std::to_string(port)},
                          {"PROTOCOL_BROKER_QUEUE_ROUTING_KEY", "0.#"}};
    Running server(launch);
    wait_until_listening(port, true);
    REQUIRE(status_of(get(port, "/accounts/123/456/reachable")) == 404); // of 0.#
    REQUIRE(status_of(get(port, "/accounts/2/1/reachable")) == 500);     // of 1.#
    server.signal(SIGINT);
    REQUIRE(server.wait().exit == 130);
    REQUIRE(database.count("SELECT count(*) FROM ops.job_run WHERE command = 'serve'") == 1);
}

TEST_CASE("a second server on the same port is refused") {
    const TempDatabase database;
    const int port = free_port();
    const Running first(serve(database, port));
    wait_until_listening(port, true);
    const Finished second = run(serve(database, port));
    REQUIRE(second.exit == 69);
    REQUIRE(second.err.find("cannot listen on 127.0.0.1") != std::string::npos);
    REQUIRE(status_of(get(port, "/accounts/healthz")) == 200);
}

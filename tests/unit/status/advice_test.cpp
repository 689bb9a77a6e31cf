// What an operator is advised to do.
#include "jobs/status/decide.hpp"
#include "tests/support/catch.hpp"

using namespace harmonia;
using namespace harmonia::status;

namespace {

Service healthy(const char* name) {
    Service service;
    service.name = name;
    service.address = "somewhere";
    service.healthy = true;
    return service;
}

Picture sound() {
    Picture picture;
    picture.services = {healthy("postgres"), healthy("amqp")};
    return picture;
}

Section section(const char* name, std::vector<std::string> columns,
                std::vector<std::vector<std::optional<std::string>>> rows) {
    return {name, name, std::move(columns), std::move(rows), {}};
}

std::string first_problem(const Picture& picture) {
    const auto advice = advise(picture);
    return advice.empty() ? "" : advice.front().problem;
}

} // namespace

TEST_CASE("a healthy installation needs no advice and exits with 0") {
    CHECK(advise(sound()).empty());
    CHECK(exit_of(sound()) == Exit::done);
}

TEST_CASE("a server out of reach exits with 69, an old schema with 78") {
    Picture picture = sound();
    picture.services[0].schema_pending = {"ops/0002_more", "ops/0003_most"};
    CHECK(exit_of(picture) == Exit::config);
    CHECK(first_problem(picture) ==
          "postgres: 2 migrations are pending, the first is ops/0002_more");
    CHECK(advise(picture).front().cure == "run harmonia migrate");
    picture.services[1].healthy = false;
    picture.services[1].error = "refused";
    CHECK(exit_of(picture) == Exit::unavailable);
    picture.services[1].exit = Exit::config; // a malformed address
    CHECK(exit_of(picture) == Exit::config);
    CHECK(advise(picture).back().problem == "amqp at somewhere does not answer: refused");
}

TEST_CASE("late work is a problem, recent work is not") {
    const auto waiting = [](const char* what, const char* seconds) {
        Picture picture = sound();
        picture.sections = {section("waiting", {"side", "waits_for", "count", "oldest_seconds"},
                                    {{"payment", what, "7", seconds}})};
        return first_problem(picture);
    };
    CHECK(waiting("match", "86400").empty());
    CHECK(waiting("match", "90000") == "7 payment rows are pending for match, the oldest for 25 h");
    CHECK(waiting("pair", "900000").empty());
    CHECK(waiting("user", "1") == "7 payments have an unknown card holder");

    const auto outbox = [](const char* seconds, std::optional<std::string> error) {
        Picture picture = sound();
        picture.sections = {section("outbox", {"kind", "count", "oldest_seconds", "last_error"},
                                    {{"export", "3", seconds, std::move(error)}})};
        return first_problem(picture);
    };
    CHECK(outbox("600", "nacked").empty());
    CHECK(outbox("601", "nacked") ==
          "3 export messages are pending in the outbox, the oldest for 10 min: nacked");
    CHECK(outbox("601", {}) ==
          "3 export messages are pending in the outbox, the oldest for 10 min");

    const auto exports = [](const char* due, const char* seconds) {
        Picture picture = sound();
        picture.sections = {section("pending_exports", {"target", "due", "oldest_seconds"},
                                    {{"costa", due, seconds}})};
        return first_problem(picture);
    };
    CHECK(exports("0", "999999").empty());
    CHECK(exports("2", "3600").empty());
    CHECK(exports("2", "3601") == "2 exports to costa are due, the oldest for 60 min");

    const auto settling = [](std::optional<std::string> seconds) {
        Picture picture = sound();
        picture.sections = {section("settling", {"stage", "count", "oldest_seconds"},
                                    {{"transfers", "4", std::move(seconds)}})};
        return first_problem(picture);
    };
    CHECK(settling({}).empty()); // chores may lack a timestamp
    CHECK(settling("600").empty());
    CHECK(settling("601") ==
          "4 rows are pending for settle accounts, stage transfers, the oldest for 10 min");
}

TEST_CASE("what went wrong names its cure") {
    Picture picture = sound();
    picture.sections = {
        section("rejects", {"feed", "count"}, {{"a", "2"}, {"b", "3"}}),
        section("dead_letters", {"count"}, {{"1"}}),
        section("imports", {"feed", "source", "records_done", "records_total", "running"},
                {{"amex", "x.csv", "50000", "70000", "f"}, {"visa", "y.csv", "1", "2", "t"}}),
        section("runs", {"command", "state", "message", "exit_code"},
                {{"match", "killed", {}, {}},
                 {"export", "failed", "no route", "69"},
                 {"import", "done", {}, "0"},
                 {"mids", "failed", "no such option", "64"}}),
        section("unidentified", {"kind", "identifier"}, {{"PRIMARY", "0012"}}),
        section("failed_exports", {"target", "count"}, {{"costa", "9"}})};
    std::vector<std::string> problems;
    for (const Advice& advice : advise(picture))
        problems.push_back(advice.problem);
    CHECK(problems ==
          std::vector<std::string>{
              "the last run of match was killed", "the last run of export failed: no route",
              "9 exports to costa failed permanently",
              "records name identifiers that are not onboarded, most recently PRIMARY 0012",
              "5 records were rejected", "1 messages could not be decoded",
              "import of x.csv was interrupted at record 50000 of 70000"});
}

TEST_CASE("parked accounts can be retried") {
    Picture picture = sound();
    picture.sections = {section("parked_accounts", {"stage", "error", "count", "account"},
                                {{"transfers", "out of range", "2", "-1/7"}})};
    const auto advice = advise(picture);
    REQUIRE(advice.size() == 1);
    CHECK(advice[0].problem ==
          "2 accounts are parked in stage transfers, for example -1/7: out of range");
    CHECK(advice[0].cure == "fix the cause, then run harmonia settle accounts --retry-parked");
}

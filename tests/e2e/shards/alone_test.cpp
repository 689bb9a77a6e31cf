// docs/operating/accounts.md: every command of the page does what the page says.
#include "tests/e2e/shards/books.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/wait.hpp"

using namespace harmonia;
using namespace harmonia::test;

TEST_CASE("an accounting authority of one shard runs as its page says") {
    Site site;
    site.read("docs/operating/accounts.md");
    site.must(site.group("config check"));
    Agents agents(2, 4);
    site.start(site.group("--follow"));
    const auto until_finished = [&] {
        const auto finished = [&] {
            agents.listen();
            return agents.finished() >= agents.requests();
        };
        wait_until(finished, "every request is finished", std::chrono::seconds(300));
        REQUIRE(agents.finished() == agents.requests());
    };
    agents.open_accounts();
    agents.issue(1'000'000);
    until_finished();
    site.must(site.groups().at(2)); // the scan
    site.stop("--follow");

    site.must(site.group("dead-letter list"));
    site.must(site.group("ARCHIVE_THRESHOLD"));
    site.must(site.group("-Atc"));
    site.must(site.group("setval"));
    CHECK(site.text("ledger", "SELECT nextval('accounts.change_id')") == "1418001");
    site.stop();
}

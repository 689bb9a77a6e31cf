// docs/operating/split-a-shard.md, followed command by command while agents keep paying.
#include "tests/e2e/shards/books.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/wait.hpp"

#include <atomic>
#include <chrono>
#include <thread>

using namespace harmonia;
using namespace harmonia::test;

namespace {

const Shards k_halves{{"ledger_0", *smp::Realm::parse("0.#")},
                      {"ledger_1", *smp::Realm::parse("1.#")}};
constexpr std::chrono::seconds k_limit{300}; // to give up, not to measure

/// Agents at work on a thread of their own.
class Load {
public:
    explicit Load(Agents& agents) : agents_(agents), thread_([this] { work(); }) {}
    /// Waits until that number of requests is finished in all. Fails when agents complain.
    void await(std::size_t finished) {
        static_cast<void>(comes_true([&] { return finished_ >= finished || troubled_; }, k_limit));
        if (finished_ >= finished)
            return;
        end();
        CHECK(agents_.complaints(false) == std::vector<std::string>{});
        REQUIRE(finished_ >= finished);
    }
    void no_new_requests() {
        pays_ = false;
        wait_until([&] { return paused_.load(); }, "the agents pause", k_limit);
    }
    void end() {
        stop_ = true;
        thread_.join();
    }
    [[nodiscard]] std::size_t requests() const { return requests_; }
    [[nodiscard]] std::size_t finished() const { return finished_; }
    ~Load() { stop_ = true; }

private:
    void work() {
        while (!stop_) {
            const bool pays = pays_;
            if (pays)
                agents_.pay(2);
            paused_ = !pays;
            agents_.listen();
            finished_ = agents_.finished();
            requests_ = agents_.requests();
            troubled_ = !agents_.complaints(false).empty();
            std::this_thread::sleep_for(std::chrono::milliseconds(50)); // the pace of the agents
        }
    }
    Agents& agents_;
    std::atomic<bool> pays_ = true, paused_ = false, stop_ = false, troubled_ = false;
    std::atomic<std::size_t> finished_ = 0, requests_ = 0;
    std::jthread thread_;
};

const std::vector<std::string> k_before{
    "harmonia --config /etc/harmonia/accounts.yaml import smp-accounts",
    "harmonia --config /etc/harmonia/accounts.yaml settle accounts",
    "harmonia --config /etc/harmonia/accounts.yaml export"};

std::vector<std::string> staying(std::vector<std::string> commands) {
    for (std::string& command : commands)
        command += " --follow";
    commands.emplace_back("harmonia --config /etc/harmonia/accounts.yaml serve --api fetch");
    return commands;
}

} // namespace

TEST_CASE("a shard is split under load as the document says") {
    // Once as the document says, and once with balance changes and other messages unpublished when
    // the database is copied, so that both halves have them.
    const bool published = GENERATE(true, false);
    Site site(published ? "" : "HARMONIA_ACCOUNTS_LOCAL_CHANGES=broker");
    site.read("docs/operating/split-a-shard.md");
    site.must({"harmonia --config /etc/harmonia/accounts.yaml configure"});
    Agents agents(2, 10);
    agents.open_accounts();
    site.must(k_before);
    agents.issue(1'000'000);
    for (int turn = 0; turn < 4; ++turn) { // prepared, committed, on its way, arrived
        site.must(k_before);
        agents.listen();
    }
    REQUIRE(agents.finished() == agents.requests());
    site.start(staying(k_before));
    Load load(agents);
    load.await(agents.accounts().size() + 40);

    site.must(site.group("config check"));
    site.must(site.group("settle subscribe"));
    site.stop(); // the processes of the old shard
    auto drain = site.group("delete-queue");
    if (!published)
        std::erase_if(drain, [](const auto& one) { return one.ends_with(" export"); });
    site.must(drain);
    const std::string unpublished =
        "SELECT (count(*) > 0)::text || (count(*) FILTER (WHERE kind = 'PendingBalanceChange') > "
        "0)::text FROM ops.outbox";
    // How much is unpublished when all stop is chance: a fast machine may have published
    // everything.
    if (published)
        CHECK(site.text("ledger", unpublished) == "falsefalse");
    site.must(site.group("createdb"));
    site.start(site.group("serve --api fetch"));
    site.must(site.group("settle shard verify"));
    if (published)
        for (const char* half : {"ledger_0", "ledger_1"})
            CHECK(site.text(half, unpublished) == "truefalse"); // updates
    const std::size_t when_stopped = load.finished();
    CHECK(load.requests() > when_stopped); // there is load, and it is pending
    site.start(site.group("--follow"));

    load.await(when_stopped + 100); // the halves at work, under load
    load.no_new_requests();
    load.await(load.requests());
    load.end();
    site.stop("--follow");

    // The money still on its way between the halves, and the last messages about it.
    for (int turn = 0; turn < 4; ++turn) {
        for (std::string command : site.group("--follow"))
            site.must({command.substr(0, command.find(" --follow"))});
        agents.listen();
    }
    INFO(agents.requests() << " requests, " << agents.surplus() << " transfers dismissed");
    CHECK(agents.complaints(true) == std::vector<std::string>{});
    check_settled(site, k_halves, agents);
    for (const std::string half : {"accounts-0", "accounts-1"})
        site.must({"harmonia --config /etc/harmonia/" + half + ".yaml audit accounts",
                   "harmonia --config /etc/harmonia/" + half + ".yaml settle shard verify"});
    site.stop();
}

TEST_CASE("A-94 the exit code of a shard's verification says whether all rows are its own") {
    Site site;
    site.read("docs/operating/split-a-shard.md");
    const std::string config = "harmonia --config /etc/harmonia/accounts.yaml ";
    site.must({config + "configure"});
    const auto connection = site.connect("ledger");
    db::Transaction tx(*connection);
    tx.exec(
        "INSERT INTO accounts.account (debtor_id, creditor_id, creation_date, last_change_ts, "
        "last_heartbeat_ts, last_transfer_id) VALUES (-1, 1234, '2026-01-01', now(), now(), 0)");
    tx.commit(Failpoint::settle_scan_commit);
    CHECK(site.run("HARMONIA_ACCOUNTS_REALM=0.# " + config + "settle shard verify").exit == 0);
    CHECK(
        site.run("PROTOCOL_BROKER_QUEUE_ROUTING_KEY=0.# " + config + "settle shard verify").exit ==
        0);
    CHECK(site.run("HARMONIA_ACCOUNTS_REALM=1.# " + config + "settle shard verify").exit == 4);
}

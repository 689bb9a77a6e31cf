// Two shards as docs/operating/scale-out.md sets them up: they pay each other, and lose nothing
// while one of them is down.
#include "tests/e2e/shards/books.hpp"
#include "tests/support/broker.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

using namespace harmonia;
using namespace harmonia::test;

namespace {

constexpr int k_turns_max = 40; // a payment needs six

const Shards k_shards{{"ledger_0", *smp::Realm::parse("0.#")},
                      {"ledger_1", *smp::Realm::parse("1.#")}};

std::vector<std::string> of_shard(const std::vector<std::string>& commands, int shard) {
    std::vector<std::string> some;
    for (const std::string& command : commands)
        if (command.find(fmt::format("accounts-{}.yaml", shard)) != std::string::npos)
            some.push_back(command);
    return some;
}

std::uint64_t waiting_in(const std::string& queue) {
    return broker::Session(BrokerHost::instance().settings()).ready_count(queue).value();
}

/// Turns until every request is finished and its money has arrived.
void settle_all(const Site& site, Agents& agents) {
    int still = 0;
    for (int turn = 0; turn < k_turns_max && still < 2; ++turn) {
        site.must(site.group("import smp-accounts"));
        const std::size_t heard = agents.listen();
        const bool idle =
            heard == 0 && waiting_in("swpt_accounts_0") == 0 && waiting_in("swpt_accounts_1") == 0;
        still = idle ? still + 1 : 0;
    }
    CHECK(still == 2);
    CHECK(agents.complaints(true) == std::vector<std::string>{});
    check_settled(site, k_shards, agents);
}

/// Accounts of each shard that may pay each other.
std::pair<smp::AccountKey, smp::AccountKey> across(const Agents& agents) {
    const auto& accounts = agents.accounts();
    for (const auto& one : accounts)
        for (const auto& other : accounts)
            if (one.debtor_id == other.debtor_id && k_shards.at("ledger_0").owns(one) &&
                k_shards.at("ledger_1").owns(other))
                return {one, other};
    FAIL("all accounts are in one shard");
    return {};
}

} // namespace

TEST_CASE("two shards pay each other, and nothing is lost while one of them is down") {
    Site site;
    site.read("docs/operating/scale-out.md");
    site.must(site.group("createdb ledger_0"));
    Agents agents(2, 12);
    const auto& turn = site.group("import smp-accounts");
    const auto& serve = site.group("serve --api fetch");
    site.start(serve);

    agents.open_accounts();
    site.must(turn);
    agents.issue(1'000'000);
    settle_all(site, agents);
    agents.pay(60);
    const auto [of_0, of_1] = across(agents);
    agents.pay(of_0, of_1.creditor_id, 17);
    agents.pay(of_1, of_0.creditor_id, 19);
    settle_all(site, agents);
    for (const char* database : {"ledger_0", "ledger_1"}) {
        INFO(database);
        CHECK(site.text(database, "SELECT count(*) > 5 FROM accounts.sent_balance_change s WHERE "
                                  "NOT EXISTS (SELECT FROM accounts.registered_balance_change r "
                                  "WHERE r.debtor_id = s.debtor_id AND r.change_id = s.change_id "
                                  "AND r.other_creditor_id = s.other_creditor_id)") == "t");
    }

    // One is down. Transfers to it stay pending, and so does what was on its way already.
    agents.pay(of_0, of_1.creditor_id, 23);
    site.must(turn);
    agents.listen(); // finalizes: the money leaves shard 0, and shard 1 does not take it yet
    site.stop("accounts-1.yaml");
    agents.pay(60);
    agents.pay(of_0, of_1.creditor_id, 29);
    for (int i = 0; i < 5; ++i) {
        site.must(of_shard(turn, 0), {0, 75});
        agents.listen();
        for (const auto& [debtor, sum] : sums(site, k_shards)) {
            INFO("debtor " << debtor);
            CHECK(sum.principals + sum.on_its_way == 0);
        }
    }
    CHECK(site.run(turn.at(1)).exit == 75);
    CHECK(site.text("ledger_0", "SELECT count(*) > 0 FROM accounts.transfer_request") == "t");
    CHECK(waiting_in("swpt_accounts_1") > 0);
    CHECK(sums(site, k_shards).at(of_0.debtor_id).on_its_way > 0);
    CHECK(agents.finished() < agents.requests());
    CHECK(agents.complaints(false) == std::vector<std::string>{});

    site.start(of_shard(serve, 1));
    settle_all(site, agents);
    for (const char* config : {"accounts-0", "accounts-1"})
        site.must(
            {fmt::format("harmonia --config /etc/harmonia/{}.yaml audit accounts", config),
             fmt::format("harmonia --config /etc/harmonia/{}.yaml settle shard verify", config)});
    site.stop();
}

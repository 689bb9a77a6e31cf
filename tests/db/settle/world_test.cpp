// A world of debtors, accounts and agents that prepare, finalize, repeat, reorder and forget, over
// many rounds, with two workers; after each round the books add up and every amount is where it
// should be. HARMONIA_TEST_SEED reproduces a run; HARMONIA_TEST_ROUNDS makes it longer.
#include "tests/db/settle/authority.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

using namespace harmonia;
using test::Authority;
using test::Finalize;
using test::Prepare;

namespace {

constexpr int k_debtors = 3;
constexpr int k_accounts = 400; // of each debtor
constexpr int k_per_round = 600;

class Agents {
public:
    explicit Agents(unsigned seed) : random_(seed) {
        settings().batch_rows = 97; // batches that cut accounts apart
        settings().workers = 2;
        for (long long debtor = 1; debtor <= k_debtors; ++debtor) {
            std::vector<std::string> bodies;
            for (long long creditor = 0; creditor <= k_accounts; ++creditor)
                bodies.push_back(fmt::format(
                    R"({{"type":"ConfigureAccount","debtor_id":{},"creditor_id":{},"ts":"{}",)"
                    R"("seqnum":1,"negligible_amount":{},"config_flags":0,"config_data":""}})",
                    debtor, creditor, test::now_text(), creditor == 0 ? "1e30" : "0.0"));
            REQUIRE(authority.take(bodies).empty());
        }
        REQUIRE(authority.settle().counts.created == k_debtors * (k_accounts + 1));
    }
    settle::accounts::Settings& settings() { return authority.settings; }

    // The messages of a round in random order, some twice.
    void round() {
        std::vector<std::string> bodies;
        for (int i = 0; i < k_per_round; ++i)
            bodies.push_back(prepare());
        answer(bodies);
        for (std::size_t i = 0, n = bodies.size(); i < n; ++i)
            if (pick(10) == 0)
                bodies.push_back(bodies[i]);
        std::shuffle(bodies.begin(), bodies.end(), random_);
        REQUIRE(authority.take(bodies).empty());
        REQUIRE(authority.settle().exit == Exit::done);
        if (!authority.settings.local_changes_direct)
            return_changes();
    }

    /// Every debtor's money sums up to 0, and each account has the principal of its messages.
    void check() const {
        CHECK(authority.broken() == "");
        CHECK(authority.database.text("SELECT sum(principal)::text FROM accounts.account") == "0");
        CHECK(authority.database.count("SELECT count(*) FROM accounts.pending_balance_change") ==
              0);
        // An account's transfer numbers have no gap, and the last one carries its principal.
        CHECK(authority.database.count(R"(
            SELECT count(*) FROM accounts.account a JOIN LATERAL (
                SELECT count(*) AS told, max((body::jsonb ->> 'transfer_number')::bigint) AS most,
                       (array_agg(body::jsonb ->> 'principal' ORDER BY id DESC))[1] AS principal
                FROM ops.outbox WHERE kind = 'AccountTransfer' AND
                  key = concat(a.debtor_id, '/', a.creditor_id)) t ON true
            WHERE a.creditor_id <> 0 AND (t.told <> a.last_transfer_number OR
              coalesce(t.most, 0) <> a.last_transfer_number OR
              coalesce(t.principal::bigint, 0) <> a.principal))") == 0);
        // One FinalizedTransfer a transfer; every prepared one is open or finalized.
        CHECK(authority.database.text(R"(
            SELECT concat(count(*) FILTER (WHERE kind = 'PreparedTransfer') - count(*) FILTER (
              WHERE kind = 'FinalizedTransfer') - (SELECT count(*) FROM accounts.prepared_transfer),
              ' ', count(*) FILTER (WHERE kind = 'FinalizedTransfer') - count(DISTINCT (key,
              body::jsonb ->> 'transfer_id')) FILTER (WHERE kind = 'FinalizedTransfer'))
            FROM ops.outbox)") == "0 0");
    }

    Authority authority;

private:
    long long pick(long long n) {
        return static_cast<long long>(random_() % static_cast<unsigned long>(n));
    }

    std::string prepare() {
        const long long debtor = 1 + pick(k_debtors), amount = 1 + pick(1000);
        const bool issue = pick(3) == 0;
        const long long sender = issue ? 0 : 1 + pick(k_accounts);
        return Prepare{.debtor = debtor,
                       .sender = sender,
                       .min = pick(2) * amount,
                       .max = amount,
                       .request = ++request_,
                       .recipient = std::to_string(1 + pick(k_accounts)),
                       .type = issue ? "issuing" : "direct",
                       .coordinator = issue ? debtor : sender}
            .body();
    }

    // Finalizes most of what was prepared before; some wrongly, some never.
    void answer(std::vector<std::string>& bodies) {
        const auto connection = authority.database.connect();
        db::Transaction tx(*connection);
        const auto rows = tx.exec(
            "SELECT debtor_id, sender_creditor_id, transfer_id, locked_amount, coordinator_type, "
            "coordinator_id, coordinator_request_id FROM accounts.prepared_transfer ORDER BY 1, 2, "
            "3");
        for (std::size_t row = 0; row < rows.size(); ++row) {
            const long long choice = pick(10);
            if (choice == 0)
                continue;
            Finalize finalize{.debtor = rows.integer(row, 0),
                              .sender = rows.integer(row, 1),
                              .transfer = rows.integer(row, 2),
                              .amount = choice < 3 ? 0 : rows.integer(row, 3),
                              .request = rows.integer(row, 6) + (choice == 3 ? 1 : 0),
                              .type = std::string(rows.text(row, 4)),
                              .coordinator = rows.integer(row, 5)};
            if (choice == 4)
                finalize.amount += 1 + pick(500);
            bodies.push_back(finalize.body());
        }
    }

    // As through the broker: what the outbox holds comes in, some of it twice.
    void return_changes() {
        auto changes = authority.published("PendingBalanceChange");
        authority.database.execute("DELETE FROM ops.outbox WHERE kind = 'PendingBalanceChange'");
        for (std::size_t i = 0, n = changes.size(); i < n; ++i)
            if (pick(4) == 0)
                changes.push_back(changes[i]);
        std::shuffle(changes.begin(), changes.end(), random_);
        REQUIRE(authority.take(changes).empty());
        REQUIRE(authority.settle().exit == Exit::done);
    }

    std::mt19937 random_;
    long long request_ = 0;
};

unsigned number_from(const char* variable, unsigned otherwise) {
    const char* text = std::getenv(variable);
    return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

} // namespace

TEST_CASE("a world of agents keeps its books in order") {
    const unsigned seed = number_from("HARMONIA_TEST_SEED", 20261121);
    const unsigned rounds = number_from("HARMONIA_TEST_ROUNDS", 4);
    for (const bool direct : {true, false}) {
        Agents agents(seed);
        agents.settings().local_changes_direct = direct;
        for (unsigned round = 0; round < rounds; ++round) {
            INFO("seed " << seed << ", round " << round << (direct ? ", direct" : ", broker"));
            agents.round();
            agents.check();
        }
        CHECK(agents.authority.database.count("SELECT count(*) FROM accounts.sent_balance_change") >
              100);
        CHECK(agents.authority.settle({"scan"}).counts.heartbeats > 0);
        CHECK(agents.authority.broken() == "");
    }
}

// Numbered examples about rows and messages.
#include "tests/db/settle/authority.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

using namespace harmonia;
using test::Authority;
using test::Change;
using test::Finalize;
using test::Prepare;

TEST_CASE("A-1 A-2 A-3 a new account is announced once, repetitions change nothing") {
    const Authority authority;
    const std::string body =
        R"({"type":"ConfigureAccount","debtor_id":-1,"creditor_id":1,"ts":")" + test::now_text() +
        R"(","seqnum":0,"negligible_amount":0.0,"config_flags":0,"config_data":""})";
    REQUIRE(authority.take({body}).empty());
    REQUIRE(authority.settle().counts.created == 1);
    CHECK(authority.of(-1, 1, "principal") == "0");
    CHECK(authority.of(-1, 1, "last_change_seqnum") == "1");
    CHECK(authority.last("AccountUpdate", "account_id") == "1");
    CHECK(authority.last("AccountUpdate", "ttl") == "604800");
    CHECK(authority.published("AccountUpdate").size() == 1);
    REQUIRE(authority.take({body, body}).empty());
    CHECK(authority.settle().counts.configs_ignored == 2);
    CHECK(authority.published("AccountUpdate").size() == 1);
}

TEST_CASE("A-7 A-8 an invalid configuration creates no account") {
    const Authority authority;
    authority.configure(-1, 0, R"("config_data":"INVALID_CONFIG")");
    CHECK(authority.last("RejectedConfig", "rejection_code") == "INVALID_CONFIGURATION");
    CHECK(authority.of(-1, 0, "principal").empty());
    authority.configure(-1, 1, R"("config_data":"xxx","seqnum":123,"config_flags":8191)");
    CHECK(authority.last("RejectedConfig", "config_flags") == "8191");
    CHECK(authority.of(-1, 1, "principal").empty());
}

TEST_CASE("A-9 a new account follows its debtor's root, also one configured in the same batch") {
    const Authority authority;
    const auto configure = [](long long creditor, const char* data) {
        return fmt::format(
            R"({{"type":"ConfigureAccount","debtor_id":-1,"creditor_id":{},"ts":"{}",)"
            R"("seqnum":1,"negligible_amount":0.0,"config_flags":0,"config_data":"{}"}})",
            creditor, test::now_text(), data);
    };
    // Creditor -5 comes before the root in key order, 5 after it.
    REQUIRE(
        authority.take({configure(-5, ""), configure(0, R"({\"rate\": 3.567})"), configure(5, "")})
            .empty());
    REQUIRE(authority.settle().exit == Exit::done);
    for (const long long creditor : {-5, 5}) {
        CHECK(authority.of(-1, creditor, "interest_rate") == "3.567");
        CHECK(authority.of(-1, creditor, "last_change_seqnum") == "2");
    }
    CHECK(authority.published("AccountUpdate").size() == 5);
    authority.configure(-1, 6);
    CHECK(authority.last("AccountUpdate", "interest_rate") == "3.567");
}

TEST_CASE("A-16 A-17 A-18 where messages go") {
    Authority authority;
    authority.configure(2, 1);
    authority.configure(2, 0, R"("config_flags":1)");
    const auto route = [&](const std::string& where) {
        return authority.database.text("SELECT concat_ws(' ', exchange, routing_key, mandatory, "
                                       "key) FROM ops.outbox WHERE " +
                                       where);
    };
    CHECK(route("kind = 'AccountUpdate' AND key = '2/1'") ==
          "to_creditors 00.00.00.00.00.00.00.01 t 2/1");
    CHECK(route("kind = 'AccountUpdate' AND key = '2/0'") ==
          "to_debtors 00.00.00.00.00.00.00.02 f 2/0");
    authority.settings.local_changes_direct = false;
    authority.fund(2, {1}, 100);
    CHECK(authority.of(2, 1, "principal") == "0");
}

TEST_CASE("A-29 A-30 A-31 A-41 who cannot send and who cannot receive") {
    const Authority authority;
    authority.configure(-1, 1234);
    REQUIRE(authority.take({Prepare{}.body()}).empty());
    REQUIRE(authority.settle().counts.rejected == 1);
    CHECK(authority.last("RejectedTransfer", "status_code") == "SENDER_IS_UNREACHABLE");
    CHECK(authority.last("RejectedTransfer", "total_locked_amount") == "0");
    CHECK(authority.of(-1, 1, "principal").empty());
    authority.fund(-1, {1}, 100);
    for (const char* recipient : {"-5", "", "18446744073709551616", "invalid", "777"}) {
        REQUIRE(authority.take({Prepare{.recipient = recipient}.body()}).empty());
        REQUIRE(authority.settle().counts.rejected == 1);
        CHECK(authority.last("RejectedTransfer", "status_code") == "RECIPIENT_IS_UNREACHABLE");
    }
    REQUIRE(authority.take({Prepare{.recipient = "0"}.body()}).empty());
    CHECK(authority.settle().counts.prepared == 1);
    authority.configure(-1, 1234, R"("config_flags":1,"seqnum":2)");
    REQUIRE(authority.take({Prepare{.min = 0, .max = 0}.body()}).empty());
    CHECK(authority.settle().counts.rejected == 1);
    CHECK(authority.broken().empty());
}

TEST_CASE("A-41 an agent's transfer within itself needs no reachable recipient") {
    const Authority authority;
    const long long sender = test::k_agent_base + 1, recipient = test::k_agent_base + 2;
    authority.fund(-1, {sender, recipient}, 100);
    authority.configure(-1, recipient, R"("config_flags":1,"seqnum":2)");
    Prepare prepare{.sender = sender,
                    .min = 1,
                    .max = 5,
                    .recipient = std::to_string(recipient),
                    .type = "agent",
                    .coordinator = test::k_agent_base + 7};
    REQUIRE(authority.take({prepare.body()}).empty());
    CHECK(authority.settle().counts.prepared == 1);
    prepare.type = "direct";
    prepare.coordinator = sender;
    REQUIRE(authority.take({prepare.body()}).empty());
    CHECK(authority.settle().counts.rejected == 1);
    CHECK(authority.last("RejectedTransfer", "status_code") == "RECIPIENT_IS_UNREACHABLE");
    CHECK(authority.broken().empty());
}

TEST_CASE("A-47 a PrepareTransfer delivered twice prepares two transfers") {
    const Authority authority;
    authority.fund(-1, {1, 1234}, 100);
    const std::string body = Prepare{.min = 10, .max = 40}.body();
    REQUIRE(authority.take({body}).empty());
    REQUIRE(authority.take({body}).empty()); // before the first is decided
    CHECK(authority.settle().counts.prepared == 2);
    REQUIRE(authority.take({body}).empty()); // and after
    CHECK(authority.settle().counts.prepared == 1);
    CHECK(authority.of(-1, 1, "concat_ws(' ', total_locked_amount, pending_transfers_count)") ==
          "100 3");
    CHECK(authority.database.text("SELECT count(DISTINCT body::jsonb ->> 'transfer_id') FROM "
                                  "ops.outbox WHERE kind = 'PreparedTransfer' AND body::jsonb ->> "
                                  "'coordinator_request_id' = '1'") == "3");
    CHECK(authority.broken().empty());
}

TEST_CASE("A-34 one sender's requests are decided in the order they came") {
    const Authority authority;
    authority.fund(-1, {1, 1234}, 100);
    std::vector<std::string> bodies{Prepare{.min = 1, .max = 60, .request = 1}.body()};
    for (const long long request : {2, 3, 4})
        bodies.push_back(
            Prepare{.min = request == 3 ? 1 : 0, .max = 60, .request = request}.body());
    REQUIRE(authority.take(bodies).empty());
    const auto outcome = authority.settle();
    CHECK(outcome.counts.prepared == 3);
    CHECK(outcome.counts.rejected == 1);
    CHECK(outcome.transactions == 1);
    CHECK(authority.last("RejectedTransfer", "coordinator_request_id") == "3");
    CHECK(authority.last("RejectedTransfer", "total_locked_amount") == "100");
    CHECK(authority.of(-1, 1, "total_locked_amount") == "100");
    CHECK(authority.of(-1, 1, "pending_transfers_count") == "3");
    CHECK(authority.broken().empty());
}

namespace {

/// Prepares and returns the transfer's id.
long long prepared(const Authority& authority, const Prepare& prepare) {
    REQUIRE(authority.take({prepare.body()}).empty());
    REQUIRE(authority.settle().counts.prepared == 1);
    return std::stoll(authority.last("PreparedTransfer", "transfer_id"));
}

} // namespace

TEST_CASE("A-48 A-61 a payment arrives; a second finalization finds nothing") {
    const Authority authority;
    authority.fund(-1, {1, 1234}, 100);
    const long long id = prepared(authority, {.min = 100, .max = 100});
    const std::string commit = Finalize{.transfer = id, .amount = 40, .note = "thanks"}.body();
    REQUIRE(authority.take({commit, commit}).empty());
    CHECK(authority.database.count("SELECT count(*) FROM accounts.finalization_request") == 1);
    const auto outcome = authority.settle();
    CHECK(outcome.counts.committed == 1);
    CHECK(outcome.counts.changes_applied == 1);
    CHECK(authority.of(-1, 1, "principal") == "60");
    CHECK(authority.of(-1, 1234, "principal") == "140");
    CHECK(authority.published("AccountTransfer").size() == 2);
    CHECK(authority.last("AccountTransfer", "acquired_amount") == "40");
    CHECK(authority.last("AccountTransfer", "sender") == "1");
    CHECK(authority.last("AccountTransfer", "transfer_note") == "thanks");
    CHECK(authority.database.count("SELECT count(*) FROM accounts.prepared_transfer") == 0);
    REQUIRE(authority.take({commit}).empty());
    CHECK(authority.settle().counts.unmatched == 1);
    CHECK(authority.published("FinalizedTransfer").size() == 1);
    CHECK(authority.broken().empty());
}

TEST_CASE("A-37 two commits of one batch announce the running principal") {
    const Authority authority;
    authority.fund(-1, {1, 1234}, 1000);
    const long long one = prepared(authority, {.min = 100, .max = 100, .request = 1});
    const long long two = prepared(authority, {.min = 200, .max = 200, .request = 2});
    authority.forget();
    REQUIRE(authority
                .take({Finalize{.transfer = one, .amount = 100, .request = 1}.body(),
                       Finalize{.transfer = two, .amount = 200, .request = 2}.body()})
                .empty());
    REQUIRE(authority.settle({"finalizations"}).counts.committed == 2);
    CHECK(authority.database.text("SELECT string_agg(body::jsonb ->> 'principal', ',' ORDER BY id) "
                                  "FROM ops.outbox WHERE kind = 'AccountTransfer'") == "900,700");
    CHECK(authority.last("FinalizedTransfer", "total_locked_amount") == "0");
    CHECK(authority.broken().empty());
}

TEST_CASE("A-59 A-60 a bogus finalization does not displace the genuine one") {
    const Authority authority;
    authority.fund(-1, {1, 1234}, 100);
    const long long id = prepared(authority, {.min = 100, .max = 100, .request = 7});
    REQUIRE(authority
                .take({Finalize{.transfer = id, .amount = 40, .request = 8}.body(),
                       Finalize{.transfer = id, .amount = 50, .request = 7}.body()})
                .empty());
    const auto outcome = authority.settle();
    CHECK(outcome.counts.unmatched == 1);
    CHECK(outcome.counts.committed == 1);
    CHECK(authority.of(-1, 1, "principal") == "50");
}

TEST_CASE("A-63 A-64 A-69 a change is applied once, however often it comes") {
    Authority authority;
    const std::string change = Change{}.body();
    REQUIRE(authority.take({change, change, change}).empty());
    REQUIRE(authority.settle().counts.changes_applied == 1);
    CHECK(authority.of(-1, 1, "principal") == "100");
    CHECK(authority.of(-1, 1, "pending_account_update") == "true");
    CHECK(authority.last("AccountUpdate", "principal") == "0");
    CHECK(authority.last("AccountTransfer", "principal") == "100");
    REQUIRE(authority.take({change}).empty());
    CHECK(authority.settle().rows == 0);
    CHECK(authority.of(-1, 1, "principal") == "100");
    CHECK(authority.database.count("SELECT count(*) FROM accounts.registered_balance_change") == 1);
    REQUIRE(
        authority.take({Change{.id = 2, .committed_at = "1969-12-31T00:00:00Z"}.body()}).empty());
    CHECK(authority.database.count("SELECT count(*) FROM accounts.registered_balance_change") == 1);
    CHECK(authority.broken().empty());
}

TEST_CASE("A-65 negligible amounts are not announced") {
    const Authority authority;
    authority.configure(-1, 1, R"("negligible_amount":50.0)");
    REQUIRE(authority
                .take({Change{.id = 1, .delta = 50}.body(),
                       Change{.id = 2, .delta = 50, .type = "agent"}.body(),
                       Change{.id = 3, .delta = -3}.body()})
                .empty());
    REQUIRE(authority.settle().counts.changes_applied == 3);
    CHECK(authority.published("AccountTransfer").size() == 2);
    CHECK(authority.of(-1, 1, "last_transfer_number") == "2");
    CHECK(authority.of(-1, 1, "principal") == "97");
}

TEST_CASE("A-67 an overflow is clamped, and the difference is recorded") {
    const Authority authority;
    const std::string most = std::to_string(smp::k_amount_max - 10);
    authority.configure(-1, 1);
    REQUIRE(authority
                .take({Change{.id = 1, .delta = smp::k_amount_max - 10}.body(),
                       Change{.id = 2, .delta = 100}.body()})
                .empty());
    REQUIRE(authority.settle().counts.changes_applied == 2);
    CHECK(authority.of(-1, 1, "principal") == std::to_string(smp::k_amount_max));
    CHECK(authority.of(-1, 1, "status_flags") == "2");
    CHECK(authority.database.text("SELECT clipped::text FROM accounts.account_total") == "90");
    CHECK(authority.broken().empty());
}

// From a PrepareTransfer to a lock or a rejection.
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/settle/rows.hpp"

#include <limits>

using namespace harmonia;
using namespace harmonia::settle::accounts;
using namespace harmonia::test;
using smp::RejectedTransfer;

namespace {

TransferRequest request(std::int64_t min, std::int64_t max,
                        std::int64_t recipient = k_recipient.creditor_id) {
    TransferRequest out;
    out.coordinator = {"direct", 1, 77};
    out.min_locked_amount = min;
    out.max_locked_amount = max;
    out.deadline_us = smp::k_end_of_time_us;
    out.recipient_creditor_id = recipient;
    return out;
}

struct World {
    Account account = old_account();
    Effects effects;

    explicit World(std::int64_t principal) { account.principal = principal; }
    bool take(const std::vector<TransferRequest>& requests) {
        return prepare(&account, account.key, requests, Terms{}, k_now, effects);
    }
    /// The amounts locked; the status code of a rejection.
    std::vector<std::string> outcomes() {
        std::vector<std::string> out;
        for (const auto& signal : effects.signals)
            if (const auto* prepared = std::get_if<smp::PreparedTransfer>(&signal))
                out.push_back(std::to_string(prepared->locked_amount));
            else
                out.emplace_back(std::get<RejectedTransfer>(signal).status_code);
        return out;
    }
};

using Outcomes = std::vector<std::string>;

smp::PrepareTransfer message(const char* type, const char* recipient) {
    smp::PrepareTransfer out;
    out.sender = k_sender;
    out.coordinator = {type, 1, 77};
    out.recipient = recipient;
    out.ts_us = k_now;
    return out;
}

} // namespace

TEST_CASE("A-29 a recipient that is not an account id is unreachable") {
    for (const char* text : {"-5", "", "18446744073709551616", "invalid", "+1_234 "})
        CHECK_FALSE(address(message("direct", text)).recipient);
    CHECK(address(message("direct", "18446744073709551615")).recipient == -1);
    CHECK_FALSE(address(message("direct", "1234")).known_reachable);
    Effects effects;
    reject_unreachable(message("direct", "-5"), k_now, effects);
    const auto rejected = signals_of<RejectedTransfer>(effects).at(0);
    CHECK(rejected.sender == k_sender);
    CHECK(rejected.coordinator == Coordinator{"direct", 1, 77});
    CHECK(rejected.status_code == "RECIPIENT_IS_UNREACHABLE");
    CHECK(rejected.total_locked_amount == 0);
    CHECK(rejected.ts_us == k_now);
}

TEST_CASE("A-30 A-41 who is reachable without asking, and who when asked") {
    CHECK(address(message("direct", "0")).known_reachable);
    CHECK(is_reachable(k_root, nullptr));
    CHECK_FALSE(is_reachable(k_recipient, nullptr));
    Account account = old_account(k_recipient);
    CHECK(is_reachable(k_recipient, &account));
    account.config_flags = 1;
    CHECK_FALSE(is_reachable(k_recipient, &account));
    CHECK(address(message("agent", "1234")).known_reachable); // agents are not asked about
    account.config_flags = 2;
    account.status_flags = k_overflown;
    CHECK(is_reachable(k_recipient, &account));
    account.status_flags = k_deleted;
    CHECK_FALSE(is_reachable(k_recipient, &account));
}

TEST_CASE("A-31 a sender that is missing or deleted") {
    Effects effects;
    const std::vector<TransferRequest> requests{request(1, 200), request(0, 0)};
    CHECK_FALSE(prepare(nullptr, k_sender, requests, Terms{}, k_now, effects));
    const auto rejected = signals_of<RejectedTransfer>(effects);
    REQUIRE(rejected.size() == 2);
    CHECK(rejected[0].status_code == "SENDER_IS_UNREACHABLE");
    CHECK(rejected[0].total_locked_amount == 0);
    CHECK(rejected[0].sender == k_sender);
    World world(500);
    world.account.status_flags = k_deleted;
    world.account.total_locked_amount = 3;
    CHECK_FALSE(world.take({request(1, 200)}));
    CHECK(world.outcomes() == Outcomes{"SENDER_IS_UNREACHABLE"});
    CHECK(signals_of<RejectedTransfer>(world.effects).at(0).total_locked_amount == 0);
}

TEST_CASE("A-32 no money, no lock") {
    World world(0);
    CHECK_FALSE(world.take({request(1, 200)}));
    CHECK(world.outcomes() == Outcomes{"INSUFFICIENT_AVAILABLE_AMOUNT"});
    CHECK(world.account.pending_transfers_count == 0);
    CHECK(world.account.total_locked_amount == 0);
    CHECK(world.effects.prepared.empty());
}

TEST_CASE("A-33 the whole available amount is locked") {
    World world(100);
    CHECK(world.take({request(1, 200)}));
    CHECK(world.account.total_locked_amount == 100);
    CHECK(world.account.pending_transfers_count == 1);
    const auto message = signals_of<smp::PreparedTransfer>(world.effects).at(0);
    CHECK(message.locked_amount == 100);
    CHECK(message.prepared_at_us == k_now);
    CHECK(message.ts_us == k_now);
    CHECK(message.recipient_creditor_id == 1234);
    CHECK(message.deadline_us == k_now + 90 * k_day);
    CHECK(message.final_interest_rate_ts_us == smp::k_end_of_time_us);
    CHECK(message.transfer_id == world.account.last_transfer_id);
    REQUIRE(world.effects.prepared.size() == 1);
    const OpenTransfer& row = world.effects.prepared[0];
    CHECK(row.transfer_id == message.transfer_id);
    CHECK(row.coordinator == message.coordinator);
    CHECK(row.demurrage_rate == -50.0);
    CHECK(row.deadline_us == message.deadline_us);
    CHECK_FALSE(row.last_reminder_ts_us);
}

TEST_CASE("A-34 each request of a batch sees what the ones before it locked") {
    World world(100);
    const Account before = world.account;
    world.take({request(1, 60), request(0, 60), request(1, 60), request(0, 60)});
    CHECK(world.outcomes() == Outcomes{"60", "40", "INSUFFICIENT_AVAILABLE_AMOUNT", "0"});
    CHECK(signals_of<RejectedTransfer>(world.effects).at(0).total_locked_amount == 100);
    CHECK(world.account.total_locked_amount == 100);
    CHECK(world.account.pending_transfers_count == 3);
    CHECK(world.account.last_transfer_id == before.last_transfer_id + 3);
    CHECK(world.account.last_change_seqnum == before.last_change_seqnum);
    CHECK(world.account.last_change_ts_us == before.last_change_ts_us);
    CHECK_FALSE(world.account.pending_account_update);
}

TEST_CASE("A-35 negative interest reduces what can be locked") {
    World world(200);
    world.account.interest = -150.0;
    world.take({request(1, 200)});
    CHECK(world.outcomes() == Outcomes{"50"});
}

TEST_CASE("A-36 the first obstacle counts, the amount comes last") {
    World world(0);
    world.account.last_interest_rate_change_ts_us = k_now;
    TransferRequest self = request(5, 5, 1), other = request(5, 5);
    self.final_interest_rate_ts_us = other.final_interest_rate_ts_us = k_now - 1;
    world.take({self, other});
    CHECK(world.outcomes() == Outcomes{"RECIPIENT_SAME_AS_SENDER", "NEWER_INTEREST_RATE"});
    world.effects.clear();
    other.final_interest_rate_ts_us = k_now; // equal is not newer
    world.take({other});
    CHECK(world.outcomes() == Outcomes{"INSUFFICIENT_AVAILABLE_AMOUNT"});
}

TEST_CASE("A-38 the number of open transfers is bounded") {
    World world(100);
    world.account.pending_transfers_count = std::numeric_limits<std::int32_t>::max();
    world.account.total_locked_amount = 10;
    CHECK_FALSE(world.take({request(0, 1, 1)})); // also before: recipient = sender
    CHECK(world.outcomes() == Outcomes{"TOO_MANY_TRANSFERS"});
    CHECK(signals_of<RejectedTransfer>(world.effects).at(0).total_locked_amount == 10);
    world.account.pending_transfers_count -= 1;
    CHECK(world.take({request(0, 1), request(0, 1)}));
    CHECK(world.outcomes() == Outcomes{"TOO_MANY_TRANSFERS", "1", "TOO_MANY_TRANSFERS"});
}

TEST_CASE("A-39 agents transfer among their own creditors") {
    const auto outcome = [](std::int64_t sender, std::int64_t recipient) {
        World world(100);
        world.account.key.creditor_id = sender;
        TransferRequest one = request(0, 1, recipient);
        one.coordinator.type = "agent";
        world.take({one});
        return world.outcomes().at(0);
    };
    CHECK(outcome(0x000001ffffffffff, 0x0000010000001234) == "1");
    CHECK(outcome(0x0000020000001234, 0x0000010000001234) == "RECIPIENT_IS_UNREACHABLE");
    CHECK(outcome(0x000001ffffffffff, 0) == "RECIPIENT_IS_UNREACHABLE");
}

TEST_CASE("A-42 a deadline that has passed is prepared all the same") {
    smp::PrepareTransfer old = message("direct", "1234");
    old.ts_us = k_now - 10 * k_day;
    old.max_commit_delay_s = 60;
    const TransferRequest made = request_of(old, 1234);
    CHECK(made.deadline_us == k_now - 10 * k_day + k_minute);
    World world(0);
    world.take({made});
    CHECK(world.effects.prepared.at(0).deadline_us == made.deadline_us);
    // Beyond the year 9999 there is no deadline.
    old.ts_us = smp::k_end_of_time_us - 1;
    CHECK(request_of(old, 1234).deadline_us == smp::k_end_of_time_us);
    old.max_commit_delay_s = std::numeric_limits<std::int32_t>::max();
    CHECK(request_of(old, 1234).deadline_us == smp::k_end_of_time_us);
}

TEST_CASE("A-43 a rate that never changed counts as of 1970") {
    World world(100);
    TransferRequest early = request(0, 1);
    early.final_interest_rate_ts_us = smp::k_epoch_us - k_minute;
    world.take({early});
    CHECK(world.outcomes() == Outcomes{"NEWER_INTEREST_RATE"});
}

TEST_CASE("A-44 an amount of 0 can be locked without a balance") {
    World world(0);
    CHECK(world.take({request(0, 0)}));
    CHECK(world.outcomes() == Outcomes{"0"});
    CHECK(world.account.pending_transfers_count == 1);
}

TEST_CASE("A-45 a root account issues up to its limit") {
    World world(-600);
    world.account.key = k_root;
    world.account.config_data = R"({"limit":1000})";
    world.account.negligible_amount = 1e30F;
    world.take({request(0, 600), request(500, 600), request(1, 600)});
    CHECK(world.outcomes() ==
          Outcomes{"400", "INSUFFICIENT_AVAILABLE_AMOUNT", "INSUFFICIENT_AVAILABLE_AMOUNT"});
    CHECK(signals_of<RejectedTransfer>(world.effects).at(1).total_locked_amount == 400);
}

TEST_CASE("A-46 both limits of a root account bind") {
    const auto issue = [](const char* config, float negligible) {
        World world(0);
        world.account.key = k_root;
        world.account.config_data = config;
        world.account.negligible_amount = negligible;
        world.take({request(200, 200)});
        return world.outcomes().at(0);
    };
    CHECK(issue(R"({"limit":100})", 1e30F) == "INSUFFICIENT_AVAILABLE_AMOUNT");
    CHECK(issue("", 100.0F) == "INSUFFICIENT_AVAILABLE_AMOUNT");
    CHECK(issue("", 1e30F) == "200");
    CHECK(issue(R"({"limit":200})", 200.0F) == "200");
}

TEST_CASE("A-47 a repeated request is a second one") {
    World world(100);
    world.take({request(1, 10), request(1, 10)});
    REQUIRE(world.outcomes() == Outcomes{"10", "10"});
    CHECK(world.effects.prepared[0].transfer_id != world.effects.prepared[1].transfer_id);
}

TEST_CASE("a sender scheduled for deletion may still send, one in debt only an amount of 0") {
    World world(100);
    world.account.config_flags = 1;
    world.take({request(1, 10)});
    CHECK(world.outcomes() == Outcomes{"10"});
    World debt(-k_max);
    debt.account.total_locked_amount = k_max;
    debt.take({request(0, k_max), request(1, k_max)});
    CHECK(debt.outcomes() == Outcomes{"0", "INSUFFICIENT_AVAILABLE_AMOUNT"});
}

// Finalizing open transfers.
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/settle/rows.hpp"

#include <utility>

using namespace harmonia;
using namespace harmonia::settle::accounts;
using namespace harmonia::test;
using smp::AccountTransfer;
using smp::FinalizedTransfer;

namespace {

/// A sender with open transfers to 1234, and their finalization.
struct World {
    Account account = old_account();
    std::vector<OpenTransfer> open;
    Effects effects;

    explicit World(std::int64_t principal) { account.principal = principal; }

    OpenTransfer& lock(std::int64_t amount, std::int64_t prepared_at = k_now) {
        OpenTransfer row;
        row.sender = account.key;
        row.transfer_id = ++account.last_transfer_id;
        row.coordinator = {"direct", 1, 77};
        row.recipient_creditor_id = k_recipient.creditor_id;
        row.prepared_at_us = prepared_at;
        row.deadline_us = prepared_at + 400 * k_day;
        row.final_interest_rate_ts_us = smp::k_end_of_time_us;
        row.locked_amount = amount;
        account.total_locked_amount += amount;
        account.pending_transfers_count += 1;
        open.push_back(row);
        return open.back();
    }
    static FinalizationRequest ask(const OpenTransfer& transfer, std::int64_t amount) {
        return {transfer, amount, {"-", "note"}};
    }
    bool take(const std::vector<FinalizationRequest>& requests, std::int64_t now = k_now) {
        return finalize(&account, requests, now, effects);
    }
    /// Of a single request for the newest transfer.
    std::string_view commit(std::int64_t amount, std::int64_t now = k_now) {
        effects.clear();
        take({ask(open.back(), amount)}, now);
        return signals_of<FinalizedTransfer>(effects).at(0).status_code;
    }
};

/// The status of committing `amount` of a lock of 1000 made `age` ago, with E = `spendable`.
std::string_view outcome_of(std::int64_t amount, std::int64_t spendable, std::int64_t age,
                            AccountKey key = k_sender) {
    World world(0);
    world.account.key = key;
    const OpenTransfer transfer = world.lock(1000, k_now - age);
    return finalization_status(world.account, transfer, amount, spendable, k_now);
}

constexpr std::string_view k_ok = "OK", k_short = "INSUFFICIENT_AVAILABLE_AMOUNT";

} // namespace

TEST_CASE("A-37 two commits of a batch: the second knows what the first took") {
    World world(1000);
    const OpenTransfer one = world.lock(100), two = world.lock(200);
    const std::int32_t seqnum = world.account.last_change_seqnum;
    CHECK(world.take({World::ask(one, 100), World::ask(two, 200)}));
    const auto finalized = signals_of<FinalizedTransfer>(world.effects);
    REQUIRE(finalized.size() == 2);
    CHECK(finalized[0].total_locked_amount == 200);
    CHECK(finalized[1].total_locked_amount == 0);
    CHECK(world.account.principal == 700);
    CHECK(world.account.last_transfer_number == 2);
    CHECK(world.account.last_change_seqnum == seqnum + 1);
    CHECK(world.account.pending_account_update);
    const auto transfers = signals_of<AccountTransfer>(world.effects);
    REQUIRE(transfers.size() == 2);
    CHECK(transfers[0].principal == 900);
    CHECK(transfers[1].principal == 700);
}

TEST_CASE("what one commit of a batch takes is not available to the next") {
    World world(100);
    const OpenTransfer one = world.lock(0), two = world.lock(0), three = world.lock(0);
    world.take({World::ask(one, 60), World::ask(two, 60), World::ask(three, 40)});
    const auto finalized = signals_of<FinalizedTransfer>(world.effects);
    REQUIRE(finalized.size() == 3);
    CHECK(finalized[0].status_code == k_ok);
    CHECK(finalized[1].status_code == k_short);
    CHECK(finalized[2].status_code == k_ok);
    CHECK(world.account.principal == 0);
}

TEST_CASE("A-48 a commit moves the money out and tells the other side") {
    World world(100);
    const OpenTransfer transfer = world.lock(100);
    CHECK(world.take({World::ask(transfer, 40)}));
    CHECK(world.account.principal == 60);
    CHECK(world.account.total_locked_amount == 0);
    CHECK(world.account.pending_transfers_count == 0);
    const auto to_owner = signals_of<AccountTransfer>(world.effects).at(0);
    CHECK(to_owner.acquired_amount == -40);
    CHECK(to_owner.other_creditor_id == 1234);
    CHECK(to_owner.principal == 60);
    CHECK(to_owner.transfer_number == 1);
    CHECK(to_owner.committed_at_us == k_now);
    CHECK(to_owner.note == smp::Note{"-", "note"});
    const auto finalized = signals_of<FinalizedTransfer>(world.effects).at(0);
    CHECK(finalized.status_code == k_ok);
    CHECK(finalized.committed_amount == 40);
    CHECK(finalized.transfer_id == transfer.transfer_id);
    CHECK(finalized.coordinator == transfer.coordinator);
    CHECK(finalized.prepared_at_us == transfer.prepared_at_us);
    REQUIRE(world.effects.emitted.size() == 1);
    const smp::PendingBalanceChange& change = world.effects.emitted[0];
    CHECK(change.account == k_recipient);
    CHECK(change.other_creditor_id == 1);
    CHECK(change.principal_delta == 40);
    CHECK(change.coordinator_type == "direct");
    CHECK(change.committed_at_us == k_now);
    CHECK(change.note == smp::Note{"-", "note"});
    REQUIRE(world.effects.finalized.size() == 1);
    CHECK(world.effects.finalized[0].transfer_id == transfer.transfer_id);
}

TEST_CASE("A-49 a dismissal unlocks and nothing else") {
    World world(100);
    world.lock(100);
    const std::int32_t seqnum = world.account.last_change_seqnum;
    CHECK(world.commit(0) == k_ok);
    const auto finalized = signals_of<FinalizedTransfer>(world.effects).at(0);
    CHECK(finalized.committed_amount == 0);
    CHECK(finalized.total_locked_amount == 0);
    CHECK(signals_of<AccountTransfer>(world.effects).empty());
    CHECK(world.effects.emitted.empty());
    CHECK(world.account.last_change_seqnum == seqnum);
    CHECK_FALSE(world.account.pending_account_update);
    CHECK(world.effects.counts.dismissed == 1);
}

TEST_CASE("A-50 more than was locked, unless another transfer has locked it") {
    World alone(100);
    alone.lock(10);
    CHECK(alone.commit(100) == k_ok);
    const auto beside = [](std::int64_t amount) {
        World world(100);
        world.lock(20);
        world.lock(10);
        const std::string_view code = world.commit(amount);
        CHECK(signals_of<FinalizedTransfer>(world.effects).at(0).total_locked_amount == 20);
        return code;
    };
    CHECK(beside(81) == k_short);
    CHECK(beside(80) == k_ok);
}

TEST_CASE("A-51 far more than the balance") {
    World world(100);
    world.lock(100);
    CHECK(world.commit(40000) == k_short);
    CHECK(signals_of<FinalizedTransfer>(world.effects).at(0).committed_amount == 0);
    CHECK(world.effects.finalized.size() == 1);
    CHECK(world.account.principal == 100);
    CHECK(world.effects.counts.failed == 1);
}

TEST_CASE("A-52 a lock of 0 pays when the money has arrived") {
    World world(0);
    world.lock(0);
    CHECK(world.commit(40) == k_short);
    world.lock(0);
    world.account.principal = 100;
    CHECK(world.commit(40) == k_ok);
    CHECK(world.account.principal == 60);
}

TEST_CASE("A-53 A-42 after the deadline only a dismissal works") {
    World world(100);
    const std::int64_t deadline = k_now + 30 * k_day;
    world.lock(100).deadline_us = deadline;
    const OpenTransfer transfer = world.open.back();
    CHECK(finalization_status(world.account, transfer, 1, 0, deadline) == k_ok);
    CHECK(finalization_status(world.account, transfer, 1, 0, deadline + 1) == "TIMEOUT");
    CHECK(finalization_status(world.account, transfer, 0, 0, deadline + 1) == k_ok);
    CHECK(world.commit(100, k_now + 100 * k_day) == "TIMEOUT");
    CHECK(world.account.total_locked_amount == 0);
    CHECK(world.account.principal == 100);
}

TEST_CASE("A-54 the guaranteed amount halves in a year") {
    constexpr std::int64_t k_gone = -50'000;
    CHECK(outcome_of(980, k_gone, 10 * k_day) == k_ok);
    CHECK(outcome_of(981, k_gone, 10 * k_day) == k_ok);
    CHECK(outcome_of(982, k_gone, 10 * k_day) == k_short);
    CHECK(outcome_of(995, k_gone, 10 * k_day) == k_short);
    CHECK(outcome_of(944, k_gone, 30 * k_day) == k_ok);
    CHECK(outcome_of(945, k_gone, 30 * k_day) == k_short);
    CHECK(outcome_of(998, k_gone, k_day) == k_ok);
    CHECK(outcome_of(999, k_gone, k_day) == k_short);
    CHECK(outcome_of(842, k_gone, 90 * k_day) == k_ok);
    CHECK(outcome_of(843, k_gone, 90 * k_day) == k_short);
    CHECK(outcome_of(499, k_gone, k_year) == k_ok);
    CHECK(outcome_of(501, k_gone, k_year) == k_short);
    CHECK(outcome_of(1000, k_gone, k_year, k_root) == k_ok);
    CHECK(outcome_of(1001, k_gone, k_year, k_root) == k_short);
}

TEST_CASE("A-55 nothing is lost at the moment of preparation, nor with a clock that is slow") {
    CHECK(outcome_of(1000, -1, 0) == k_ok);
    CHECK(outcome_of(1000, -1, k_second) == k_short);
    CHECK(outcome_of(999, -50'000, k_second) == k_ok);
    CHECK(outcome_of(1000, -1, -10 * k_day) == k_ok);
}

TEST_CASE("A-56 the balance may allow more than the guarantee") {
    CHECK(outcome_of(999, -5, 10 * k_day) == k_short);
    CHECK(outcome_of(995, -5, 10 * k_day) == k_ok);
}

TEST_CASE("A-57 a newer rate stops a commit, not a dismissal") {
    const auto outcome = [](std::int64_t amount) {
        World world(100);
        world.account.last_interest_rate_change_ts_us = k_now;
        world.lock(100).final_interest_rate_ts_us = k_now - k_minute;
        return world.commit(amount);
    };
    CHECK(outcome(50) == "NEWER_INTEREST_RATE");
    CHECK(outcome(0) == k_ok);
}

TEST_CASE("A-58 a guarantee may drive the principal below zero") {
    World world(0);
    world.lock(1000);
    CHECK(world.commit(944, k_now + 30 * k_day) == k_ok);
    CHECK(world.account.principal == -944);
}

TEST_CASE("A-59 A-61 without a transfer, or a second time, there is no effect") {
    World world(100);
    const OpenTransfer transfer = world.lock(100);
    CHECK_FALSE(world.take({{std::nullopt, 40, {}}}));
    CHECK(world.effects.signals.empty());
    CHECK(world.account.pending_transfers_count == 1);
    CHECK(world.take({World::ask(transfer, 40), World::ask(transfer, 40)}));
    CHECK(signals_of<FinalizedTransfer>(world.effects).size() == 1);
    CHECK(world.account.principal == 60);
    CHECK(world.effects.counts.unmatched == 2);
    Effects effects;
    const std::vector<FinalizationRequest> requests{World::ask(transfer, 40)};
    CHECK_FALSE(finalize(nullptr, requests, k_now, effects));
    world.account.status_flags = k_deleted;
    CHECK_FALSE(finalize(&world.account, requests, k_now, effects));
    CHECK(effects.signals.empty());
}

TEST_CASE("A-60 a wrong request does not displace the right one") {
    World world(100);
    const OpenTransfer transfer = world.lock(100);
    CHECK(world.take({{std::nullopt, 99, {}}, World::ask(transfer, 40)}));
    CHECK(signals_of<FinalizedTransfer>(world.effects).at(0).committed_amount == 40);
}

TEST_CASE("A-62 A-46 an issuer is not notified of its own payments") {
    World world(0);
    world.account.key = k_root;
    world.account.negligible_amount = 1e30F;
    world.lock(600).coordinator.type = "issuing";
    CHECK(world.commit(600) == k_ok);
    CHECK(signals_of<AccountTransfer>(world.effects).empty());
    CHECK(world.account.principal == -600);
    REQUIRE(world.effects.emitted.size() == 1);
    CHECK(world.effects.emitted[0].account == k_recipient);
    CHECK(world.effects.emitted[0].principal_delta == 600);
    CHECK(world.account.last_transfer_number == 0);
}

TEST_CASE("a commit keeps the interest, and counts it as money") {
    World world(1000);
    world.account.interest_rate = 10;
    world.account.last_change_ts_us = k_now - k_year;
    world.lock(0);
    CHECK(world.commit(1101) == k_short);
    world.lock(0);
    CHECK(world.commit(1100) == k_ok);
    CHECK(world.account.principal == -100);
    CHECK(near(world.account.interest, 100, 1e-12L));
}

TEST_CASE("commits beyond the least principal are clamped and recorded") {
    World world(-k_max);
    world.account.key = k_root;
    world.lock(1000);
    CHECK(world.commit(1000) == k_ok);
    CHECK(world.account.principal == -k_max);
    CHECK(world.account.status_flags == k_overflown);
    REQUIRE(world.effects.clipped.size() == 1);
    CHECK(world.effects.clipped[0].amount == -1000);
}

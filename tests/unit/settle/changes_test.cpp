// Balance changes, capitalization, deletion.
#include "jobs/settle/accounts/procedures/decide_changes.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/settle/rows.hpp"

#include <optional>
#include <utility>

using namespace harmonia;
using namespace harmonia::settle::accounts;
using namespace harmonia::test;
using smp::AccountTransfer;
using smp::AccountUpdate;

namespace {

smp::PendingBalanceChange change(std::int64_t delta, const char* type = "direct",
                                 std::int64_t committed_at = k_now) {
    smp::PendingBalanceChange out;
    out.account = k_sender;
    out.other_creditor_id = 2;
    out.change_id = 1;
    out.coordinator_type = type;
    out.committed_at_us = committed_at;
    out.principal_delta = delta;
    return out;
}

struct World {
    std::optional<Account> account;
    Effects effects;

    void apply(const std::vector<smp::PendingBalanceChange>& changes, std::int64_t now = k_now) {
        apply_balance_changes(account, k_sender, changes, Terms{}, now, effects);
    }
    Deletion remove() { return try_to_delete(*account, Terms{}, k_now, effects); }
    bool capitalize_at(std::int64_t now) { return capitalize(*account, Terms{}, now, effects); }
};

/// Scheduled for deletion.
World leaving(std::int64_t principal, double interest = 0, float negligible = 0,
              AccountKey key = k_sender) {
    World world;
    world.account = old_account(key, principal);
    world.account->interest = interest;
    world.account->negligible_amount = negligible;
    world.account->config_flags = 1;
    return world;
}

} // namespace

TEST_CASE("A-63 a change is applied and its registration marked") {
    World world;
    world.account = old_account();
    smp::PendingBalanceChange one = change(100);
    one.change_id = 7;
    world.apply({one});
    CHECK(world.account->principal == 100);
    REQUIRE(world.effects.applied.size() == 1);
    CHECK(world.effects.applied[0].debtor_id == -1);
    CHECK(world.effects.applied[0].other_creditor_id == 2);
    CHECK(world.effects.applied[0].change_id == 7);
    world.apply({});
    CHECK(world.account->principal == 100);
    CHECK(world.account->last_change_seqnum == 1);
}

TEST_CASE("A-64 a change creates its account") {
    World world;
    world.apply({change(100)});
    REQUIRE(world.account);
    CHECK(world.account->principal == 100);
    CHECK(world.account->creation_date == k_today);
    CHECK(world.account->pending_account_update);
    REQUIRE(world.effects.signals.size() == 2);
    const auto& update = std::get<AccountUpdate>(world.effects.signals[0]);
    CHECK(update.principal == 0);
    CHECK(update.last_change_seqnum == 0);
    const auto& transfer = std::get<AccountTransfer>(world.effects.signals[1]);
    CHECK(transfer.transfer_number == 1);
    CHECK(transfer.principal == 100);
    CHECK(transfer.acquired_amount == 100);
    CHECK(transfer.other_creditor_id == 2);
    CHECK(world.account->last_change_seqnum == 1);
    World nothing;
    nothing.apply({});
    CHECK_FALSE(nothing.account);
}

TEST_CASE("A-65 negligible amounts are not announced, but agents' and outgoing ones are") {
    World world;
    world.apply({change(100)});
    world.account->negligible_amount = 50;
    world.effects.clear();
    world.apply({change(50), change(50, "agent"), change(-3)});
    const auto transfers = signals_of<AccountTransfer>(world.effects);
    REQUIRE(transfers.size() == 2);
    CHECK(transfers[0].transfer_number == 2);
    CHECK(transfers[0].principal == 200);
    CHECK(transfers[1].transfer_number == 3);
    CHECK(transfers[1].acquired_amount == -3);
    CHECK(transfers[1].principal == 197);
    CHECK(world.account->principal == 197);
    CHECK(world.account->last_transfer_number == 3);
    CHECK(world.effects.applied.size() == 3);
}

TEST_CASE("A-66 with a negligible amount of 0 every amount is announced") {
    World world;
    world.apply({change(1)});
    CHECK(signals_of<AccountTransfer>(world.effects).size() == 1);
}

TEST_CASE("A-67 beyond the greatest principal") {
    World world;
    world.account = old_account(k_sender, k_max - 10);
    world.apply({change(100)});
    CHECK(world.account->principal == k_max);
    CHECK(world.account->status_flags == k_overflown);
    const auto transfer = signals_of<AccountTransfer>(world.effects).at(0);
    CHECK(transfer.acquired_amount == 100);
    CHECK(transfer.principal == k_max);
    REQUIRE(world.effects.clipped.size() == 1);
    CHECK(world.effects.clipped[0].amount == 90);
    CHECK(world.effects.clipped[0].account == k_sender);
    world.apply({change(-100)});
    CHECK(world.account->principal == k_max - 100);
    CHECK(world.account->status_flags == k_overflown);
}

TEST_CASE("A-68 beyond the least principal") {
    World world;
    world.account = old_account();
    world.apply({change(-k_max)});
    CHECK(world.account->principal == -k_max);
    CHECK(world.account->status_flags == 0);
    world.apply({change(-2)});
    CHECK(world.account->principal == -k_max);
    CHECK(world.account->status_flags == k_overflown);
    CHECK(world.effects.clipped.at(0).amount == -2);
}

TEST_CASE("A-69 a change from before the archive is dropped") {
    CHECK_FALSE(is_remembered(change(1, "direct", -k_day), 0));
    CHECK(is_remembered(change(1, "direct", 0), 0));
}

TEST_CASE("A-70 late money brings a deleted account back, still to be deleted") {
    World world = leaving(0);
    world.account->status_flags = k_deleted;
    world.account->interest_rate = 10;
    world.apply({change(1)});
    CHECK_FALSE(world.account->is_deleted());
    CHECK(world.account->is_scheduled_for_deletion());
    CHECK(world.account->interest_rate == 10);
    CHECK(world.account->principal == 1);
    const auto updates = signals_of<AccountUpdate>(world.effects);
    REQUIRE(updates.size() == 1);
    CHECK(updates[0].principal == 0);
    CHECK(world.effects.counts.resurrected == 1);
    CHECK(world.account->last_change_seqnum == 2);
}

TEST_CASE("A-79 a late change brings its interest since it was committed") {
    World world;
    world.account = old_account(k_sender, 1000);
    world.account->interest_rate = 10;
    world.account->last_change_ts_us = k_now - k_year;
    world.account->last_interest_rate_change_ts_us = k_now - 3 * k_year;
    world.apply({change(500, "direct", k_now - k_year)});
    CHECK(world.account->principal == 1500);
    CHECK(near(world.account->interest, 150.0L, 1e-12L));
    CHECK(world.account->last_change_ts_us == k_now);
}

TEST_CASE("A-80 A-83 whole units of interest become principal") {
    World world;
    world.account = old_account(k_sender, 5000);
    world.account->interest = 100.7;
    CHECK(world.capitalize_at(k_now));
    CHECK(world.account->principal == 5100);
    CHECK(near(world.account->interest, 0.7L, 1e-9L));
    const auto transfer = signals_of<AccountTransfer>(world.effects).at(0);
    CHECK(transfer.acquired_amount == 100);
    CHECK(transfer.coordinator_type == "interest");
    CHECK(transfer.other_creditor_id == 0);
    CHECK(transfer.principal == 5100);
    CHECK(transfer.note == smp::Note{});
    REQUIRE(world.effects.emitted.size() == 1);
    CHECK(world.effects.emitted[0].account == k_root);
    CHECK(world.effects.emitted[0].other_creditor_id == 1);
    CHECK(world.effects.emitted[0].principal_delta == -100);
    CHECK(world.effects.emitted[0].coordinator_type == "interest");
    CHECK(world.account->last_interest_capitalization_ts_us == k_now);

    World little;
    little.account = old_account(k_sender, 5000);
    little.account->interest = 0.99;
    CHECK_FALSE(little.capitalize_at(k_now));
    CHECK(little.account->last_interest_capitalization_ts_us == 0);
    CHECK(little.effects.emitted.empty());
}

TEST_CASE("A-81 negative interest is paid, rounded up to the next unit") {
    World world;
    world.account = old_account(k_sender, 5000);
    world.account->interest = -0.5;
    CHECK(world.capitalize_at(k_now));
    CHECK(world.account->principal == 4999);
    CHECK(world.account->interest == 0.5);
    CHECK(world.effects.emitted.at(0).principal_delta == 1);
}

TEST_CASE("A-82 a year's interest, and not twice in two weeks") {
    World world;
    world.account = old_account(k_sender, 5000);
    world.account->interest = 100;
    world.account->interest_rate = 10;
    const std::int64_t later = k_now + 365 * k_day;
    CHECK(world.capitalize_at(later));
    CHECK(world.account->principal == 5609);
    CHECK(world.account->interest >= 0);
    CHECK(world.account->interest < 1);
    CHECK_FALSE(world.capitalize_at(later + 14 * k_day - 1));
    CHECK(world.capitalize_at(later + 14 * k_day));
    World root;
    root.account = old_account(k_root, -5000);
    root.account->interest = 100;
    CHECK_FALSE(root.capitalize_at(k_now));
}

TEST_CASE("A-86 a negligible balance goes back to the debtor when the account is deleted") {
    World two = leaving(2, -1.0, 2.0F);
    CHECK(two.remove() == Deletion::deleted);
    CHECK(two.account->principal == 0);
    CHECK(two.account->interest == 0);
    CHECK(two.account->status_flags == k_deleted);
    CHECK(signals_of<AccountTransfer>(two.effects).at(0).acquired_amount == -2);
    CHECK(signals_of<AccountTransfer>(two.effects).at(0).coordinator_type == "delete");
    CHECK(signals_of<AccountTransfer>(two.effects).at(0).principal == 0);
    CHECK(two.effects.emitted.at(0).principal_delta == 2);
    const auto update = signals_of<AccountUpdate>(two.effects).at(0);
    CHECK(update.principal == 0);
    CHECK(update.config_flags == 1);
    CHECK(two.account->last_change_seqnum == 2);
    CHECK_FALSE(two.account->pending_account_update);

    World miscounted = leaving(2); // locks beyond the greatest amount are clamped, unlocking is not
    miscounted.account->total_locked_amount = 5;
    CHECK(miscounted.remove() == Deletion::deleted);
    CHECK(miscounted.account->total_locked_amount == 0);

    CHECK(leaving(2).remove() == Deletion::deleted);
    CHECK(leaving(3).remove() == Deletion::kept);
    CHECK(leaving(3, 0, 3.0F).remove() == Deletion::deleted);
    CHECK(leaving(0, 50, 10).remove() == Deletion::kept);

    World debt = leaving(-500);
    CHECK(debt.remove() == Deletion::deleted);
    CHECK(signals_of<AccountTransfer>(debt.effects).at(0).acquired_amount == 500);
    CHECK(debt.effects.emitted.at(0).principal_delta == -500);
    CHECK(debt.effects.counts.deleted_in_debt == 1);

    World unheard = leaving(-5, 0, 1e6F);
    CHECK(unheard.remove() == Deletion::deleted);
    CHECK(signals_of<AccountTransfer>(unheard.effects).empty());
    CHECK(unheard.effects.emitted.at(0).principal_delta == -5);
}

TEST_CASE("A-87 what prevents a deletion; the attempt is recorded in any case") {
    World root = leaving(-1, 0, 0, k_root);
    CHECK(root.remove() == Deletion::kept);
    CHECK(root.account->last_deletion_attempt_ts_us == k_now);
    root.account->principal = 0;
    CHECK(root.remove() == Deletion::deleted);
    World open = leaving(0);
    open.account->pending_transfers_count = 1;
    CHECK(open.remove() == Deletion::kept);
    CHECK(open.account->last_deletion_attempt_ts_us == k_now);
    World staying = leaving(0);
    staying.account->config_flags = 2;
    CHECK(staying.remove() == Deletion::kept);
    CHECK(staying.account->last_deletion_attempt_ts_us == k_now);
    World gone = leaving(0);
    gone.account->status_flags = k_deleted;
    CHECK(gone.remove() == Deletion::absent);
    CHECK(gone.account->last_deletion_attempt_ts_us == 0);
    CHECK(gone.effects.signals.empty());
    World never = leaving(0);
    CHECK(never.remove() == Deletion::deleted);
    CHECK(never.effects.emitted.empty());
    CHECK(signals_of<AccountTransfer>(never.effects).empty());
}

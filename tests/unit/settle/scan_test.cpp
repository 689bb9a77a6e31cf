// Which rows a scan selects.
#include "jobs/settle/accounts/procedures/decide_scan.hpp"
#include "jobs/settle/accounts/procedures/decide_transfers.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/settle/rows.hpp"

using namespace harmonia;
using namespace harmonia::settle::accounts;
using namespace harmonia::test;

namespace {

const Terms k_terms;

} // namespace

TEST_CASE("A-19 accounts of the other half of a split shard are leftovers") {
    const smp::Realm realm = *smp::Realm::parse("0.#");
    CHECK(is_leftover(realm, {1, 2}));
    CHECK_FALSE(is_leftover(realm, {123, 456}));
    CHECK_FALSE(is_leftover(*smp::Realm::parse("0.1.#"), {1, 2}));
    CHECK_FALSE(is_leftover(smp::Realm(), {1, 2}));
}

TEST_CASE("A-88 deleted accounts are purged when nothing can refer to them") {
    Account account = old_account();
    account.status_flags = k_deleted;
    account.last_change_ts_us = k_now - 106 * k_day - 5 * k_second;
    account.creation_date = k_today - 4;
    CHECK(is_purgeable(account, k_terms, k_now));
    Effects effects;
    purge(account, k_now, effects);
    const auto message = signals_of<smp::AccountPurge>(effects).at(0);
    CHECK(message.account == k_sender);
    CHECK(message.creation_date == k_today - 4);
    CHECK(message.ts_us == k_now);
    account.creation_date = k_today - 3;
    CHECK_FALSE(is_purgeable(account, k_terms, k_now));
    account.creation_date = k_today - 400;
    account.last_change_ts_us = k_now - 106 * k_day + k_hour;
    CHECK_FALSE(is_purgeable(account, k_terms, k_now));
    account.last_change_ts_us = 0;
    account.status_flags = k_overflown;
    CHECK_FALSE(is_purgeable(account, k_terms, k_now));
}

TEST_CASE("A-89 an account is announced once a week, and when it has changed") {
    Account account = old_account();
    account.last_heartbeat_ts_us = k_now - 7 * k_day - 5 * k_second;
    CHECK(needs_update(account, k_terms, k_now));
    account.last_heartbeat_ts_us = k_now - 6 * k_day - 23 * k_hour;
    CHECK_FALSE(needs_update(account, k_terms, k_now));
    account.pending_account_update = true;
    CHECK(needs_update(account, k_terms, k_now));
    Effects effects;
    account.last_change_ts_us = k_now - k_day;
    const std::int32_t seqnum = account.last_change_seqnum;
    heartbeat(account, k_terms, k_now, effects);
    CHECK_FALSE(needs_update(account, k_terms, k_now));
    CHECK(account.last_heartbeat_ts_us == k_now);
    CHECK(account.last_change_seqnum == seqnum);
    CHECK(signals_of<smp::AccountUpdate>(effects).at(0).ts_us == k_now);
    CHECK(signals_of<smp::AccountUpdate>(effects).at(0).last_change_ts_us == k_now - k_day);
    account.last_change_ts_us = k_now + k_second;
    heartbeat(account, k_terms, k_now, effects);
    CHECK(signals_of<smp::AccountUpdate>(effects).at(1).ts_us == k_now + k_second);
    account.pending_account_update = true;
    account.status_flags = k_deleted;
    CHECK_FALSE(needs_update(account, k_terms, k_now));
    // Messages that are valid longer than a heartbeat are not repeated earlier.
    Terms slow;
    slow.message_delay_us = 10 * k_day;
    Account silent = old_account();
    silent.last_heartbeat_ts_us = k_now - 9 * k_day;
    CHECK_FALSE(needs_update(silent, slow, k_now));
}

TEST_CASE("A-90 interest is capitalized when it is large enough") {
    const auto wanted = [](std::int64_t principal, double interest, std::int64_t since) {
        Account account = old_account(k_sender, principal);
        account.interest = interest;
        account.last_interest_capitalization_ts_us = k_now - since;
        return wants_capitalization(account, k_terms, k_now);
    };
    CHECK(wanted(1'000'000, 101.0, 400 * k_day));
    CHECK_FALSE(wanted(1'000'000, 100.0, 400 * k_day));
    CHECK_FALSE(wanted(1'000'000, 5000, 13 * k_day + 23 * k_hour));
    CHECK(wanted(1'000'000, 5000, 14 * k_day));
    CHECK(wanted(0, -0.001, 400 * k_day));
    CHECK(wanted(-1'000'000, -101.0, 400 * k_day));
    Account root = old_account(k_root);
    root.interest = 5000;
    CHECK_FALSE(wants_capitalization(root, k_terms, k_now));
    Account deleted = old_account();
    deleted.interest = 5000;
    deleted.status_flags = k_deleted;
    CHECK_FALSE(wants_capitalization(deleted, k_terms, k_now));
}

TEST_CASE("A-91 which accounts a scan tries to delete") {
    const auto wanted = [](Account account) {
        account.config_flags = 1;
        return wants_deletion(account, k_terms, k_now);
    };
    CHECK(wanted(old_account(k_sender, 2)));
    CHECK_FALSE(wanted(old_account(k_sender, 3)));
    Account three = old_account(k_sender, 3);
    three.negligible_amount = 3.0F;
    CHECK(wanted(three));
    three.last_deletion_attempt_ts_us = k_now - 13 * k_day;
    CHECK_FALSE(wanted(three));
    three.last_deletion_attempt_ts_us = k_now - 14 * k_day;
    CHECK(wanted(three));
    three.status_flags = k_deleted;
    CHECK_FALSE(wanted(three));
    CHECK_FALSE(wanted(old_account(k_root, -1)));
    CHECK(wanted(old_account(k_root, 0)));
    CHECK_FALSE(wants_deletion(old_account(k_sender, 2), k_terms, k_now)); // not scheduled
}

TEST_CASE("which accounts do not follow their debtor yet") {
    const auto root = *smp::parse_root_config(R"({"rate":3.567,"info":{"iri":"x"}})");
    Account account = old_account();
    CHECK(wants_rate(account, root, k_terms, k_now));
    CHECK(wants_debtor_info(account, root));
    account.last_interest_rate_change_ts_us = k_now - 8 * k_day + 1;
    CHECK_FALSE(wants_rate(account, root, k_terms, k_now));
    account.last_interest_rate_change_ts_us -= 1;
    CHECK(wants_rate(account, root, k_terms, k_now));
    account.interest_rate = 3.567F;
    account.debtor_info = root.info;
    CHECK_FALSE(wants_rate(account, root, k_terms, k_now));
    CHECK_FALSE(wants_debtor_info(account, root));
    account.debtor_info.sha256 = "00";
    CHECK(wants_debtor_info(account, root));
    account.status_flags = k_deleted;
    CHECK_FALSE(wants_debtor_info(account, root));
    CHECK_FALSE(wants_debtor_info(old_account(k_root), root));
    CHECK_FALSE(wants_rate(old_account(k_root), root, k_terms, k_now));
}

TEST_CASE("A-92 an open transfer is reminded of every week") {
    OpenTransfer transfer;
    transfer.sender = k_sender;
    transfer.transfer_id = 5;
    transfer.coordinator = {"direct", 1, 7};
    transfer.locked_amount = 9;
    transfer.prepared_at_us = 0;
    CHECK(wants_reminder(transfer, k_terms, k_now));
    Effects effects;
    remind(transfer, k_now, effects);
    const auto message = signals_of<smp::PreparedTransfer>(effects).at(0);
    CHECK(message.ts_us == k_now);
    CHECK(message.prepared_at_us == 0);
    CHECK(message.transfer_id == 5);
    CHECK(message.locked_amount == 9);
    CHECK(message.coordinator == transfer.coordinator);
    CHECK(transfer.last_reminder_ts_us == k_now);
    CHECK_FALSE(wants_reminder(transfer, k_terms, k_now));
    CHECK_FALSE(wants_reminder(transfer, k_terms, k_now + 7 * k_day));
    CHECK(wants_reminder(transfer, k_terms, k_now + 7 * k_day + 1));
    transfer.last_reminder_ts_us.reset();
    transfer.prepared_at_us = k_now;
    CHECK_FALSE(wants_reminder(transfer, k_terms, k_now));
}

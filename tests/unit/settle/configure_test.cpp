// Configuring accounts, and following the debtor's root configuration.
#include "jobs/settle/accounts/procedures/decide_configure.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/settle/rows.hpp"

#include <limits>
#include <optional>

using namespace harmonia;
using namespace harmonia::settle::accounts;
using namespace harmonia::test;
using smp::AccountUpdate;
using smp::RejectedConfig;

namespace {

constexpr std::int32_t k_most32 = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t k_least32 = std::numeric_limits<std::int32_t>::min();

smp::ConfigureAccount message(std::int64_t ts = k_now, std::int32_t seqnum = 0) {
    smp::ConfigureAccount out;
    out.account = k_sender;
    out.ts_us = ts;
    out.seqnum = seqnum;
    return out;
}

struct World {
    std::optional<Account> account;
    Terms terms;
    Effects effects;

    Configured take(const smp::ConfigureAccount& config, std::int64_t now = k_now) {
        return configure(account, config, terms, now, effects);
    }
    [[nodiscard]] std::size_t updates() const { return signals_of<AccountUpdate>(effects).size(); }
};

} // namespace

TEST_CASE("A-1 the first configuration creates the account") {
    World world;
    CHECK(world.take(message()) == Configured::created);
    REQUIRE(world.account);
    const Account& account = *world.account;
    CHECK(account.key == k_sender);
    CHECK(account.principal == 0);
    CHECK(account.interest == 0.0);
    CHECK(account.interest_rate == 0);
    CHECK(account.config_flags == 0);
    CHECK(account.last_change_seqnum == 1);
    CHECK(account.last_change_ts_us == k_now);
    CHECK(account.creation_date == k_today);
    CHECK(account.last_transfer_id == (std::int64_t{k_today} << 40));
    CHECK(account.last_config_ts_us == k_now);
    CHECK_FALSE(account.pending_account_update);
    REQUIRE(world.effects.signals.size() == 1);
    const auto update = signals_of<AccountUpdate>(world.effects).at(0);
    CHECK(update.account == k_sender);
    CHECK(update.ttl_s == 604800);
    CHECK(update.commit_period_s == 7776000);
    CHECK(update.last_change_seqnum == 1);
    CHECK(update.last_transfer_number == 0);
    CHECK(update.debtor_info.sha256.empty());
    CHECK(update.ts_us == k_now);
}

TEST_CASE("A-2 A-3 only what is later is applied") {
    World world;
    world.take(message());
    CHECK(world.take(message()) == Configured::ignored);
    CHECK(world.updates() == 1);
    CHECK(world.take(message(k_now, -1)) == Configured::ignored);
    CHECK(world.take(message(k_now - 1, 1)) == Configured::ignored);
    CHECK(world.account->last_change_seqnum == 1);
    CHECK(world.take(message(k_now, 1)) == Configured::applied);
    CHECK(world.updates() == 2);
    CHECK(world.account->last_change_seqnum == 2);
    CHECK(world.effects.counts.configs_ignored == 3);
}

TEST_CASE("A-4 the sequence number wraps around") {
    World world;
    world.take(message(k_now, k_most32));
    CHECK(world.take(message(k_now, k_least32)) == Configured::applied);
    CHECK(world.take(message(k_now, k_most32)) == Configured::ignored);
    CHECK(world.take(message(k_now + 1, 5)) == Configured::applied);
    CHECK(world.account->last_config_seqnum == 5);
}

TEST_CASE("A-5 an old message creates no account") {
    World world;
    world.terms.message_delay_us = 900 * k_day;
    CHECK(world.take(message(k_now - 1000 * k_day)) == Configured::ignored);
    CHECK_FALSE(world.account);
    CHECK(world.effects.signals.empty());
    CHECK(world.take(message(k_now - 900 * k_day)) == Configured::created);
    World future;
    CHECK(future.take(message(k_now + 1000 * k_day)) == Configured::created);
}

TEST_CASE("A-6 an old message changes an account whose configuration is older") {
    World world;
    world.account = old_account();
    world.account->last_config_ts_us = k_now - 2000 * k_day;
    CHECK(world.take(message(k_now - 1000 * k_day)) == Configured::applied);
}

TEST_CASE("A-7 A-8 an invalid configuration is rejected and leaves no trace") {
    World world;
    smp::ConfigureAccount config = message(k_now - 5, 123);
    config.config_flags = 0x1FFF;
    config.config_data = "xxx";
    config.negligible_amount = 2;
    CHECK(world.take(config) == Configured::rejected);
    CHECK_FALSE(world.account);
    const auto rejected = signals_of<RejectedConfig>(world.effects).at(0);
    CHECK(rejected.account == k_sender);
    CHECK(rejected.config_ts_us == k_now - 5);
    CHECK(rejected.config_seqnum == 123);
    CHECK(rejected.config_flags == 8191);
    CHECK(rejected.config_data == "xxx");
    CHECK(rejected.negligible_amount == 2);
    CHECK(rejected.rejection_code == "INVALID_CONFIGURATION");
    CHECK(rejected.ts_us == k_now);

    config.account = k_root;
    config.config_data = "INVALID_CONFIG";
    CHECK(world.take(config) == Configured::rejected);
    CHECK_FALSE(world.account);
    config.config_data = R"({"rate": 3.5})";
    CHECK(world.take(config) == Configured::created);
    CHECK(world.account->config_data == config.config_data);
    CHECK(world.effects.counts.configs_rejected == 2);
    // A valid root configuration is invalid for another account.
    World other;
    config.account = k_sender;
    CHECK(other.take(config) == Configured::rejected);
}

TEST_CASE("A-9 a new account takes the rate of its debtor in a second announcement") {
    World world;
    world.take(message());
    const auto root = smp::parse_root_config(R"({"rate": 3.567, "info": {"iri": "https://x"}})");
    CHECK(follow_root(*world.account, *root, world.terms, k_now, world.effects));
    const auto updates = signals_of<AccountUpdate>(world.effects);
    REQUIRE(updates.size() == 3);
    CHECK(updates[0].interest_rate == 0.0F);
    CHECK(updates[0].last_change_seqnum == 1);
    CHECK(updates[1].interest_rate == 3.567F);
    CHECK(updates[1].last_change_seqnum == 2);
    CHECK(updates[1].last_interest_rate_change_ts_us == k_now);
    CHECK(updates[1].debtor_info.iri.empty());
    CHECK(updates[2].debtor_info.iri == "https://x");
    CHECK(updates[2].last_change_seqnum == 3);
    CHECK_FALSE(follow_root(*world.account, *root, world.terms, k_now, world.effects));
}

TEST_CASE("A-12 the change counter wraps around") {
    World world;
    world.account = old_account();
    world.account->last_change_seqnum = k_most32;
    CHECK(world.take(message()) == Configured::applied);
    CHECK(world.account->last_change_seqnum == k_least32);
}

TEST_CASE("A-13 transfer ids start from the day of creation") {
    CHECK(new_account(k_sender, k_now).last_transfer_id + 1 == 22489410834530305);
    CHECK(new_account(k_sender, 19863 * k_day).last_transfer_id == 21839599462514688);
}

TEST_CASE("A-14 a deleted account comes back as it was") {
    World world;
    world.account = old_account();
    world.account->status_flags = k_deleted | k_overflown;
    world.account->interest_rate = 10;
    const std::int32_t created = world.account->creation_date;
    CHECK(world.take(message()) == Configured::resurrected);
    CHECK(world.account->status_flags == k_overflown);
    CHECK(world.account->interest_rate == 10);
    CHECK(world.account->creation_date == created);
    CHECK(world.updates() == 1);
}

TEST_CASE("a configuration keeps the interest that has accrued") {
    World world;
    world.account = old_account(k_sender, 1'000'000);
    world.account->interest_rate = 10;
    world.take(message(k_now + 1), k_now + k_year);
    CHECK(world.account->principal == 1'000'000);
    CHECK(near(world.account->interest, 100'000, 1e-9L));
}

namespace {

struct Rates {
    Account account = old_account(k_sender, 1'000'000);
    Effects effects;
    bool change(double rate, std::int64_t requested = k_now, std::int64_t now = k_now) {
        return change_rate(account, rate, requested, Terms{}, now, effects);
    }
};

} // namespace

TEST_CASE("A-84 rates change within bounds, and not often") {
    Rates world;
    world.account.interest_rate = 5;
    world.account.last_interest_rate_change_ts_us = k_now - k_year;
    world.account.last_change_ts_us = k_now - k_year;
    CHECK(world.change(200));
    CHECK(world.account.interest_rate == 100);
    CHECK(world.account.previous_interest_rate == 5);
    CHECK(world.account.last_interest_rate_change_ts_us == k_now);
    CHECK(near(world.account.interest, 50'000, 1e-9L));
    CHECK(signals_of<AccountUpdate>(world.effects).size() == 1);
    CHECK_FALSE(world.change(7, k_now + 1, k_now + 1));
    const std::int64_t almost = k_now + 7 * k_day + 23 * k_hour;
    CHECK_FALSE(world.change(7, almost, almost));
    const std::int64_t later = k_now + 8 * k_day;
    CHECK_FALSE(world.change(7, later - k_day - k_second, later)); // asked for too long ago
    CHECK(world.change(-99.99, later - k_day, later));
    CHECK(world.account.interest_rate == -50);
    CHECK(world.account.last_change_seqnum == 2);
}

TEST_CASE("A-85 a rate equals its target in single precision") {
    Rates world;
    CHECK(world.change(3.567));
    CHECK(world.account.interest_rate == 3.567F);
    CHECK_FALSE(world.change(3.567, k_now + 9 * k_day, k_now + 9 * k_day));
    CHECK(signals_of<AccountUpdate>(world.effects).size() == 1);
}

TEST_CASE("root and deleted accounts keep their rate and debtor info") {
    Rates world;
    world.account.status_flags = k_deleted;
    CHECK_FALSE(world.change(5));
    CHECK_FALSE(
        update_debtor_info(world.account, {"x", "", ""}, k_now, Terms{}, k_now, world.effects));
    world.account = old_account(k_root);
    CHECK_FALSE(world.change(5));
    CHECK_FALSE(
        update_debtor_info(world.account, {"x", "", ""}, k_now, Terms{}, k_now, world.effects));
    world.account = old_account();
    CHECK_FALSE(world.change(std::numeric_limits<double>::quiet_NaN()));
    CHECK_FALSE(update_debtor_info(world.account, {"x", "", ""}, k_now - k_day - 1, Terms{}, k_now,
                                   world.effects));
    CHECK(world.effects.signals.empty());
    CHECK(update_debtor_info(world.account, {"x", "", ""}, k_now - k_day, Terms{}, k_now,
                             world.effects));
    CHECK(world.account.last_change_seqnum == 1);
}

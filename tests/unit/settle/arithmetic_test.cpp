// Interest and balances, to the last digit that the examples give.
#include "jobs/settle/accounts/procedures/arithmetic.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/settle/rows.hpp"

#include <limits>

using namespace harmonia::settle::accounts;
using namespace harmonia::test;

namespace {

Account earning(std::int64_t principal, double interest, float rate) {
    Account account = old_account(k_sender, principal);
    account.interest = interest;
    account.interest_rate = rate;
    return account;
}

long double after(std::int64_t principal, double interest, float rate, std::int64_t time) {
    return balance(earning(principal, interest, rate), k_now + time);
}

} // namespace

TEST_CASE("A-71 exponents of annual rates") {
    // The examples used the logarithm of a double: they agree to 15 digits.
    CHECK(near(growth_exponent(10), 3.020197347210337e-09L, 3e-24L));
    CHECK(near(growth_exponent(5), 1.5460670066618516e-09L, 2e-24L));
    CHECK(near(growth_exponent(-10), -3.3386732722965713e-09L, 1e-24L));
    CHECK(near(growth_exponent(-50), -2.1964508725630127e-08L, 1e-23L));
    CHECK(near(growth_exponent(100), 2.1964508725630127e-08L, 1e-23L));
    CHECK(growth_exponent(0) == 0);
    CHECK(near(growth_exponent(10), 3.0201973472103347544e-09L, 1e-27L));
}

TEST_CASE("A-72 growth of a million") {
    CHECK(near(after(1'000'000, 0, 10, k_year), 1'100'000.0L, 1e-9L));
    CHECK(near(after(1'000'000, 0, 10, 365 * k_day), 1'099'928.24245165L, 1e-8L));
    CHECK(near(after(1'000'000, 0, -10, k_year), 900'000.0L, 1e-9L));
    CHECK(near(after(1'000'000, 0, -50, k_year / 2), 707'106.78118655L, 1e-8L));
    CHECK(near(after(1'000'000, 0, 5, 30 * k_day), 1'004'015.44606819L, 1e-8L));
    // Where the growth is a whole number, so is its floor.
    CHECK(floor_balance(earning(1'000'000, 0, 10), k_now + k_year) == 1'100'000);
    CHECK(floor_balance(earning(1'000'000, 0, -10), k_now + k_year) == 900'000);
}

TEST_CASE("A-73 a thousand million for a day") {
    const long double grown = after(1'000'000'000, 0.25, 5, k_day);
    CHECK(near(grown, 1'000'133'589.3616434L, 5e-6L)); // the example's factor has 15 digits
    CHECK(near(grown, 1'000'133'589.36163975128L, 1e-9L));
}

TEST_CASE("A-74 what is available grows with the balance") {
    Account account = earning(5000, 100, 10);
    account.total_locked_amount = 1000;
    CHECK(near(balance(account, k_now + 365 * k_day), 5609.6340365L, 1e-7L));
    CHECK(available(account, k_now + 365 * k_day) == 4609);
    account.interest_rate = -10;
    CHECK(near(balance(account, k_now + 365 * k_day), 4590.33102136L, 1e-8L));
    CHECK(available(account, k_now + 365 * k_day) == 3590);
    account = earning(5000, -5100, 10);
    account.total_locked_amount = 1000;
    CHECK(balance(account, k_now + 365 * k_day) == -100);
    CHECK(available(account, k_now + 365 * k_day) == -1100);
}

TEST_CASE("A-75 a root account earns nothing, and no clock runs backwards") {
    Account root = earning(500, 100, 10);
    root.key = k_root;
    CHECK(balance(root, k_now + k_year) == 500);
    CHECK(available(root, k_now + k_year) == 500);
    CHECK(balance(earning(500, 100, 10), k_now - k_year) == 600);
}

TEST_CASE("A-76 the greatest amount doubles, what is available does not") {
    const Account account = earning(k_max, 0, 100);
    CHECK(floor_balance(account, k_now + k_year) == Int128{k_max} * 2);
    CHECK(available(account, k_now + k_year) == k_max);
    // Even an absurd clock gives a finite number.
    CHECK(accrued(account, std::numeric_limits<std::int64_t>::max()) == k_interest_max);
}

TEST_CASE("floors are exact however large the principal is") {
    CHECK(floor_balance(earning(k_max, 0.25, 0), k_now) == k_max);
    CHECK(floor_balance(earning(k_max, -0.25, 0), k_now) == Int128{k_max} - 1);
    CHECK(floor_balance(earning(-k_max, -1.5, 0), k_now) == -Int128{k_max} - 2);
    CHECK(floor_balance(earning(0, -1e-20, 0), k_now) == -1);
    // 10^18 at 5 % for 100 days, against 60 digits of decimal arithmetic.
    CHECK(near(accrued(earning(1'000'000'000'000'000'000, 0, 5), k_now + 100 * k_day),
               13'447'635'862'799'906.57L, 0.01L));
}

TEST_CASE("A-77 interest that was due on a late change") {
    Account account = old_account();
    account.interest_rate = 10;
    account.previous_interest_rate = 0;
    account.last_interest_rate_change_ts_us = k_now - k_year;
    CHECK(near(due_interest(account, 1000, k_now - 2 * k_year, k_now), 100.0L, 1e-12L));
    CHECK(near(due_interest(account, -1000, k_now - 2 * k_year, k_now), -100.0L, 1e-12L));
    CHECK(due_interest(account, 1000, k_now, k_now) == 0);
    CHECK(due_interest(account, 1000, k_now + k_day, k_now) == 0);
    CHECK(near(due_interest(account, 1000, k_now - k_day, k_now), 0.26098L, 1e-5L));
    const std::int64_t then = k_now - k_year;
    CHECK(due_interest(account, 1000, then - k_day, then) == 0);
}

TEST_CASE("A-78 due interest over one and two rates") {
    Account account = old_account();
    account.interest_rate = 5;
    CHECK(near(due_interest(account, 1'000'000, k_now - 2 * k_day, k_now), 267.1960693L, 1e-7L));
    account.previous_interest_rate = 5;
    account.interest_rate = 15;
    account.last_interest_rate_change_ts_us = k_now - 183 * k_day;
    const std::int64_t time = 356 * k_day + 6 * k_hour;
    CHECK(near(due_interest(account, 1000, k_now - time, k_now), 97.64528L, 1e-5L));
}

TEST_CASE("A-46 how far down a balance may go") {
    Account root = old_account(k_root);
    CHECK(min_balance(old_account()) == 0);
    CHECK(min_balance(root) == 0); // with a negligible amount of 0 nothing can be issued
    const auto lowest = [&](const char* config, float negligible) {
        root.config_data = config;
        root.negligible_amount = negligible;
        return min_balance(root);
    };
    CHECK(lowest("", 1e30F) == -k_max);
    CHECK(lowest(R"({"limit":1000})", 1e30F) == -1000);
    CHECK(lowest(R"({"limit":1000})", 100) == -100);
    CHECK(lowest("", 1234567) == -1234567); // exactly, not rounded to six digits
    CHECK(lowest("", 99.7F) == -99);
    CHECK(lowest("not parsable", 50) == -50);
    CHECK(lowest(R"({"limit":0})", 50) == 0);
}

TEST_CASE("amounts are clamped so that they can be negated") {
    CHECK(contain(Int128{k_max} + 1) == k_max);
    CHECK(contain(-Int128{k_max} - 1) == -k_max);
    CHECK(contain(-7) == -7);
    CHECK(to_text(Int128{k_max} * 10) == "92233720368547758070");
    CHECK(to_text(-Int128{k_max} - 2) == "-9223372036854775809");
    CHECK(to_text(0) == "0");
}

TEST_CASE("an amount is compared with a real number exactly") {
    CHECK(at_most(16'777'216, 16'777'216.0F));
    CHECK_FALSE(at_most(16'777'217, 16'777'216.0F)); // equal after rounding to single precision
    CHECK(at_most(2, 2.9F));
    CHECK_FALSE(at_most(3, 2.9F));
    CHECK(at_most(k_max, 1e19F));
    CHECK(at_most(-1, 0));
    CHECK_FALSE(at_most(1, 0));
}

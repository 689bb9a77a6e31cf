#include "core/base/hash.hpp"
#include "tests/gen/history.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <algorithm>
#include <array>

using namespace harmonia;

namespace {

gen::HistoryShape small() {
    return {.customers = 200, .terminals = 500, .days = 40};
}

} // namespace

TEST_CASE("a history is a function of its seed, with the three kinds of fraud that it says") {
    const auto payments = gen::make_history(small());
    REQUIRE(payments.size() > 5'000);
    std::array<std::size_t, 4> kinds{};
    for (std::size_t i = 0; i < payments.size(); ++i) {
        const auto& payment = payments[i];
        CHECK(payment.number == i);
        CHECK(payment.amount_minor >= 0);
        if (i > 0)
            CHECK(payments[i - 1].event_us <= payment.event_us);
        ++kinds[payment.scenario];
        if (payment.amount_minor > 22'000)
            CHECK(payment.scenario != 0);
        if (payment.scenario == 1)
            CHECK(payment.amount_minor > 22'000);
    }
    for (const std::size_t count : kinds)
        CHECK(count > 0);
    CHECK(kinds[0] > payments.size() / 2);
    auto other = small();
    other.seed = 2;
    CHECK(gen::make_history(other).size() != payments.size());
}

TEST_CASE("a history's files have the same bytes everywhere") {
    const test::TempDir directory;
    const auto payments = gen::make_history(small());
    gen::write_history(payments, directory.path() + "/history.csv");
    gen::write_history_truth(payments, 0, directory.path() + "/truth.csv");
    const auto text = [&](const char* name) { return test::file_text(directory.path() + name); };
    const std::string history = text("/history.csv");
    const std::string truth = text("/truth.csv");
    CHECK(std::count(history.begin(), history.end(), '\n') ==
          static_cast<std::ptrdiff_t>(payments.size()) + 1);
    CHECK(std::count(truth.begin(), truth.end(), '\n') ==
          std::count_if(payments.begin(), payments.end(), [](const auto& payment) {
              return payment.scenario != 0;
          }) + 1);
    CHECK(sha256_hex(history) ==
          "40938df77bcf7af984cf26e447df9489184522f135f902218bb3d84e17b44916");
    CHECK(sha256_hex(truth) == "a3a88b06fe1dcce2235541be01afe3c1470ca2d8c4248df5295b0a1315cd3c56");
}

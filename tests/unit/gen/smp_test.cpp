#include "core/smp/decode.hpp"
#include "tests/gen/smp.hpp"
#include "tests/support/catch.hpp"

#include <map>
#include <variant>

using namespace harmonia;
using gen::SmpTransfers;
using gen::SmpWorld;

TEST_CASE("smp world: transfers stay within a debtor and are the same for the same seed") {
    const SmpWorld world{.seed = 7, .count = 2'000, .accounts = 101, .debtors = 4};
    const SmpTransfers once(world), again(world);
    for (std::uint64_t i = 0; i < world.count; ++i) {
        const auto t = once.transfer(i);
        const auto account = [&](std::int64_t creditor) { // its number among all
            return (creditor - gen::k_first_creditor) * 4 + (t.debtor - gen::k_first_debtor);
        };
        REQUIRE(t.sender != t.recipient);
        REQUIRE((account(t.sender) >= 0 && account(t.sender) < 101));
        REQUIRE((account(t.recipient) >= 0 && account(t.recipient) < 101));
        REQUIRE((t.amount >= 1 && t.amount <= 100));
        REQUIRE(t.request == static_cast<std::int64_t>(i) + 1);
        REQUIRE(again.transfer(i).sender == t.sender);
    }
}

TEST_CASE("smp world: recipients follow Zipf's law, senders are even") {
    const SmpTransfers transfers({.seed = 1, .count = 0, .accounts = 1'000, .debtors = 1});
    constexpr std::int64_t k_count = 100'000;
    std::map<std::int64_t, std::int64_t> received, sent;
    for (std::uint64_t i = 0; i < k_count; ++i) {
        received[transfers.transfer(i).recipient - gen::k_first_creditor] += 1;
        sent[transfers.transfer(i).sender - gen::k_first_creditor] += 1;
    }
    // The weights 1/1 … 1/1000 sum up to 7.485: the hot account has 13.4 %, the second half of
    // that.
    CHECK(received[0] == Approx(13'360).epsilon(0.05));
    CHECK(received[1] == Approx(6'680).epsilon(0.05));
    CHECK(received[9] == Approx(1'336).epsilon(0.15));
    for (const auto& [number, count] : sent)
        CHECK((count > 40 && count < 180));
}

TEST_CASE("smp world: what is written is what the authority reads") {
    const gen::SmpTransfer transfer{.debtor = 2001,
                                    .sender = 1103806595080,
                                    .recipient = 1103806595073,
                                    .request = 9,
                                    .amount = 5};
    std::string line;
    gen::append_prepare(line, transfer);
    const auto decoded = smp::decode_request(line, {});
    REQUIRE(decoded);
    const auto& message = std::get<smp::PrepareTransfer>(*decoded);
    CHECK(message.sender == smp::AccountKey{2001, 1103806595080});
    CHECK(message.recipient == "1103806595073");
    CHECK(message.coordinator.request_id == 9);
    CHECK(message.min_locked_amount == 5);
    CHECK(message.max_locked_amount == 5);
}

TEST_CASE("smp world: a debtor has two accounts at least") {
    CHECK_THROWS(SmpTransfers({.seed = 1, .count = 1, .accounts = 7, .debtors = 4}));
}

// Whatever happens, in whatever order, the invariants hold.
#include "tests/support/catch.hpp"
#include "tests/unit/settle/ledger.hpp"

using namespace harmonia;
using namespace harmonia::settle::accounts;
using namespace harmonia::test;

TEST_CASE("the invariants hold after every step of many histories") {
    Counts total;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Ledger ledger(seed);
        for (int step = 0; step < 2000; ++step) {
            const std::string wrong = ledger.step();
            INFO("seed " << seed << ", step " << step);
            REQUIRE(wrong.empty());
        }
        const Counts& counts = ledger.counts();
        total.prepared += counts.prepared;
        total.rejected += counts.rejected;
        total.committed += counts.committed;
        total.dismissed += counts.dismissed;
        total.failed += counts.failed;
        total.changes_applied += counts.changes_applied;
        total.capitalized += counts.capitalized;
        total.rates_changed += counts.rates_changed;
        total.deleted += counts.deleted;
        total.resurrected += counts.resurrected;
        total.purged += counts.purged;
        total.reminders += counts.reminders;
    }
    // The histories covered every operation.
    for (const std::int64_t count :
         {total.prepared, total.rejected, total.committed, total.dismissed, total.failed,
          total.changes_applied, total.capitalized, total.rates_changed, total.deleted,
          total.resurrected, total.purged, total.reminders})
        CHECK(count > 50);
}

TEST_CASE("decisions are the same in one batch and one by one") {
    std::mt19937_64 random(7);
    std::int64_t committed = 0, failed = 0;
    for (int round = 0; round < 500; ++round) {
        Account together = old_account(k_sender, static_cast<std::int64_t>(random() % 1000));
        Account apart = together;
        std::vector<TransferRequest> requests(1 + random() % 6);
        for (TransferRequest& request : requests) {
            request.coordinator = {"direct", 1, static_cast<std::int64_t>(random() % 100)};
            request.max_locked_amount = static_cast<std::int64_t>(random() % 500);
            request.min_locked_amount = request.max_locked_amount / 3;
            request.recipient_creditor_id = 1234;
            request.deadline_us = smp::k_end_of_time_us;
        }
        Effects of_batch, of_each;
        prepare(&together, k_sender, requests, Terms{}, k_now, of_batch);
        for (const TransferRequest& request : requests)
            prepare(&apart, k_sender, {&request, 1}, Terms{}, k_now, of_each);
        REQUIRE(together.total_locked_amount == apart.total_locked_amount);
        REQUIRE(of_batch.prepared.size() == of_each.prepared.size());

        std::vector<FinalizationRequest> commits;
        for (const OpenTransfer& transfer : of_batch.prepared)
            commits.push_back({transfer, static_cast<std::int64_t>(random() % 600), {}});
        finalize(&together, commits, k_now, of_batch);
        for (const FinalizationRequest& commit : commits)
            finalize(&apart, {&commit, 1}, k_now, of_each);
        REQUIRE(together.principal == apart.principal);
        REQUIRE(of_batch.emitted.size() == of_each.emitted.size());
        const auto one = signals_of<smp::FinalizedTransfer>(of_batch);
        const auto other = signals_of<smp::FinalizedTransfer>(of_each);
        REQUIRE(one.size() == other.size());
        for (std::size_t i = 0; i < one.size(); ++i) {
            REQUIRE(one[i].status_code == other[i].status_code);
            REQUIRE(one[i].total_locked_amount == other[i].total_locked_amount);
        }
        committed += of_batch.counts.committed;
        failed += of_batch.counts.failed;
    }
    CHECK(committed > 100);
    CHECK(failed > 100);
}

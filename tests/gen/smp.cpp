#include "tests/gen/smp.hpp"

#include "core/base/error.hpp"
#include "tests/gen/feed_file.hpp"
#include "tests/gen/rng.hpp"
#include "tests/gen/text.hpp"

#include <algorithm>

namespace harmonia::gen {
namespace {

constexpr std::uint64_t k_weight_one = 1ULL << 40U; // of rank 1: whole numbers stay exact enough

void member(std::string& out, std::string_view name, std::int64_t value) {
    out.append(",\"").append(name).append("\":");
    append_int(out, value);
}

} // namespace

SmpTransfers::SmpTransfers(const SmpWorld& world) : world_(world) {
    if (world.debtors == 0 || world.accounts < 2 * world.debtors) {
        throw Error(Exit::usage, "a debtor needs two accounts at least",
                    "Give --accounts at least twice --debtors.");
    }
    std::uint64_t sum = 0;
    for (std::uint64_t rank = 1; rank <= world.accounts; ++rank)
        weight_up_to_.push_back(sum += k_weight_one / rank);
}

SmpTransfer SmpTransfers::transfer(std::uint64_t index) const {
    Rng rng(world_.seed, stream_of("smp transfer"), index);
    const auto drawn = std::upper_bound(weight_up_to_.begin(), weight_up_to_.end(),
                                        rng.below(weight_up_to_.back()));
    const auto recipient = static_cast<std::uint64_t>(drawn - weight_up_to_.begin());
    const std::uint64_t debtor = recipient % world_.debtors;
    const std::uint64_t of_debtor =
        (world_.accounts - debtor + world_.debtors - 1) / world_.debtors;
    const std::uint64_t to = recipient / world_.debtors;
    std::uint64_t from = rng.below(of_debtor - 1); // any but the recipient
    from += from >= to ? 1 : 0;
    const auto creditor = [](std::uint64_t number) {
        return k_first_creditor + static_cast<std::int64_t>(number);
    };
    return {.debtor = k_first_debtor + static_cast<std::int64_t>(debtor),
            .sender = creditor(from),
            .recipient = creditor(to),
            .request = static_cast<std::int64_t>(index) + 1,
            .amount = static_cast<std::int64_t>(rng.below(100)) + 1};
}

void append_prepare(std::string& out, const SmpTransfer& transfer) {
    out += R"({"type":"PrepareTransfer")";
    member(out, "debtor_id", transfer.debtor);
    member(out, "creditor_id", transfer.sender);
    out += R"(,"coordinator_type":"direct")";
    member(out, "coordinator_id", transfer.sender);
    member(out, "coordinator_request_id", transfer.request);
    member(out, "min_locked_amount", transfer.amount);
    member(out, "max_locked_amount", transfer.amount);
    out += R"(,"recipient":")";
    append_int(out, transfer.recipient);
    out += R"(","final_interest_rate_ts":"9999-12-31T23:59:59+00:00")";
    out += R"(,"max_commit_delay":2147483647,"ts":"2026-01-01T00:00:00+00:00"})";
}

void generate_smp(const SmpWorld& world, const std::string& out_path) {
    const SmpTransfers transfers(world);
    Output out(out_path);
    for (std::uint64_t i = 0; i < world.count; ++i) {
        append_prepare(out.buffer(), transfers.transfer(i));
        out.buffer() += '\n';
        out.flush_if_full();
    }
    out.close();
}

} // namespace harmonia::gen

// PrepareTransfer messages of a world of accounts: what `import smp-accounts --file` reads.
//
// Account n (from 0) belongs to debtor n mod D and is that debtor's creditor number n div D.
// Senders are drawn evenly; recipients among the accounts of the sender's debtor after Zipf's law
// with exponent 1, over the rank n + 1, so that account 0 is hot. Ids are those of
// tests/bench/smp_world.sql, which makes the accounts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::gen {

struct SmpWorld {
    std::uint64_t seed = 1;
    std::uint64_t count = 10'000; ///< messages
    std::uint64_t accounts = 100'000;
    std::uint64_t debtors = 4;
};

inline constexpr std::int64_t k_first_debtor = 2001;
/// The highest 24 bits of a creditor id name its agent: all have the same one.
inline constexpr std::int64_t k_first_creditor = 0x0000010100000001;

struct SmpTransfer {
    std::int64_t debtor = 0, sender = 0, recipient = 0, request = 0, amount = 0;
};

/// Draws transfers; the same ones for the same world on every machine.
class SmpTransfers {
public:
    /// Error(usage) for fewer than two accounts a debtor.
    explicit SmpTransfers(const SmpWorld& world);
    /// Transfer number `index`, counted from 0. Its amount is 1 to 100.
    [[nodiscard]] SmpTransfer transfer(std::uint64_t index) const;

private:
    SmpWorld world_;
    std::vector<std::uint64_t> weight_up_to_; ///< of an account and those before it
};

/// One PrepareTransfer as compact JSON, appended. Its time is fixed and its deadline far.
void append_prepare(std::string& out, const SmpTransfer& transfer);

/// Command `smp`: one message a line.
void generate_smp(const SmpWorld& world, const std::string& out_path);

} // namespace harmonia::gen

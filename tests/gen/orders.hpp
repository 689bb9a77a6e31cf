// Orders of customers who pay by card, with planted card numbers, repetitions and bad records, from
// a seed. Card numbers are of ranges that networks keep for tests, their check digits computed.
#pragma once

#include <cstdint>
#include <string>

namespace harmonia::gen {

struct OrderWorld {
    std::uint64_t seed = 1, count = 10'000; ///< orders, beside repetitions and bad records
    std::uint64_t customers = 1'000, merchants = 200;
    std::int64_t first_day = 20'385; ///< days since 1970-01-01: 2025-10-24
    unsigned days = 4;
    double dup_rate = 0, bad_rate = 0; ///< records beside the count
};

/// `orders` as the shipped feed orders-csv reads them. Truth, one line a record:
/// `record,external_id,result,pan` with `new`, `duplicate` or the code of the first fault, and the
/// card number, so that a scan can look for it.
void generate_orders(const OrderWorld& world, const std::string& out_path,
                     const std::string& truth_path);

} // namespace harmonia::gen

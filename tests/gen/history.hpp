// Payments of many months with frauds in them, from a seed, after the simulated data of the Fraud
// Detection Handbook (facts: specification of orders and fraud, 3.12; not its numbers): customers
// and terminals are points of a square, customers pay at terminals near them, amounts and times
// scatter about the customer's habits. Frauds are of three kinds: an amount above 220; a terminal
// all of whose payments are frauds for 28 days; a customer of whom a third of the payments of 14
// days is multiplied by five. All arithmetic is of integers: the same everywhere.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace harmonia::gen {

struct HistoryShape {
    std::uint64_t seed = 1;
    unsigned customers = 5'000, terminals = 10'000, days = 183;
    std::int64_t first_day = 17'622; ///< days since 1970-01-01: 2018-04-01
    unsigned compromised_terminals = 2, compromised_customers = 3; ///< a day
};

struct HistoryPayment {
    std::uint32_t number = 0; ///< from 0, in the order of time
    std::int64_t event_us = 0;
    std::uint32_t customer = 0, terminal = 0;
    std::int64_t amount_minor = 0; ///< two decimals; 0: a verification
    std::uint8_t scenario = 0;     ///< 0 genuine, else the kind of fraud
};

[[nodiscard]] std::vector<HistoryPayment> make_history(const HistoryShape& shape);

/// `id,event_time,kind,amount,currency,customer,terminal,merchant,method,channel` with a heading.
void write_history(const std::vector<HistoryPayment>& payments, const std::string& path);
/// `id,label,known_at,scenario`: frauds, known `known_after_us` after the payment.
void write_history_truth(const std::vector<HistoryPayment>& payments, std::int64_t known_after_us,
                         const std::string& path);

} // namespace harmonia::gen

#include "tests/gen/history.hpp"

#include "core/time/civil.hpp"
#include "tests/gen/feed_file.hpp"
#include "tests/gen/rng.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace harmonia::gen {
namespace {

constexpr std::int64_t k_side = 100'000; // of the square, in thousandths
constexpr std::int64_t k_radius = 5'000;
constexpr std::int64_t k_scale = 1 << 16;

struct Customer {
    std::int64_t x = 0, y = 0;
    std::int64_t mean = 0;   // of amounts, in minor units
    std::uint64_t daily = 0; // payments a day, in 1 / k_scale
    std::vector<std::uint32_t> terminals;
};

// About N(0, 1) in 1 / k_scale: twelve even numbers added up have variance 1.
std::int64_t normal(Rng& rng) {
    std::int64_t sum = 0;
    for (int i = 0; i < 12; ++i)
        sum += static_cast<std::int64_t>(rng.below(k_scale));
    return sum - 6 * k_scale;
}

// About Poisson: 64 tries of a 64th of the mean each.
unsigned payments_of_day(Rng& rng, std::uint64_t daily) {
    unsigned count = 0;
    for (int i = 0; i < 64; ++i)
        count += rng.below(64 * k_scale) < daily ? 1 : 0;
    return count;
}

std::vector<Customer> make_customers(const HistoryShape& shape) {
    struct Point {
        std::int64_t x, y;
    };
    std::vector<Point> terminals;
    for (unsigned i = 0; i < shape.terminals; ++i) {
        Rng rng(shape.seed, stream_of("terminal"), i);
        const auto x = static_cast<std::int64_t>(rng.below(k_side));
        terminals.push_back({x, static_cast<std::int64_t>(rng.below(k_side))});
    }
    std::vector<Customer> customers(shape.customers);
    for (unsigned i = 0; i < shape.customers; ++i) {
        Rng rng(shape.seed, stream_of("customer"), i);
        Customer& customer = customers[i];
        customer.x = static_cast<std::int64_t>(rng.below(k_side));
        customer.y = static_cast<std::int64_t>(rng.below(k_side));
        customer.mean = 500 + static_cast<std::int64_t>(rng.below(9'501));
        customer.daily = rng.below(4 * k_scale);
        for (std::uint32_t t = 0; t < terminals.size(); ++t) {
            const std::int64_t dx = terminals[t].x - customer.x;
            const std::int64_t dy = terminals[t].y - customer.y;
            if (dx * dx + dy * dy < k_radius * k_radius)
                customer.terminals.push_back(t);
        }
    }
    return customers;
}

void add_day(const HistoryShape& shape, const Customer& customer, std::uint32_t number,
             unsigned day, std::vector<HistoryPayment>& payments) {
    if (customer.terminals.empty())
        return;
    Rng rng(shape.seed, stream_of("payments"), std::uint64_t{number} * 65'536 + day);
    for (unsigned left = payments_of_day(rng, customer.daily); left > 0; --left) {
        const std::int64_t second = 43'200 + normal(rng) * 20'000 / k_scale;
        std::int64_t amount = customer.mean + normal(rng) * (customer.mean / 2) / k_scale;
        if (amount < 0)
            amount =
                static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(2 * customer.mean)));
        const std::uint32_t terminal = customer.terminals[rng.below(customer.terminals.size())];
        if (second <= 0 || second >= 86'400)
            continue;
        const std::int64_t day_us = (shape.first_day + day) * std::int64_t{86'400} * 1'000'000;
        payments.push_back({0, day_us + second * 1'000'000, number, terminal, amount, 0});
    }
}

std::int64_t day_of(const HistoryPayment& payment, const HistoryShape& shape) {
    return payment.event_us / 86'400'000'000 - shape.first_day;
}

// The first day on which each is compromised, by day: [day] → who.
std::vector<std::vector<std::uint32_t>> draw(const HistoryShape& shape, const char* stream,
                                             unsigned each_day, unsigned of) {
    std::vector<std::vector<std::uint32_t>> drawn(shape.days);
    for (unsigned day = 0; day < shape.days; ++day) {
        Rng rng(shape.seed, stream_of(stream), day);
        for (unsigned i = 0; i < each_day; ++i)
            drawn[day].push_back(static_cast<std::uint32_t>(rng.below(of)));
    }
    return drawn;
}

// Whether `who` was drawn in the `length` days up to `day`.
bool within(const std::vector<std::vector<std::uint32_t>>& drawn, std::int64_t day,
            std::int64_t length, std::uint32_t who) {
    for (std::int64_t d = std::max<std::int64_t>(0, day - length + 1); d <= day; ++d)
        for (const std::uint32_t each : drawn[static_cast<std::size_t>(d)])
            if (each == who)
                return true;
    return false;
}

void add_frauds(const HistoryShape& shape, std::vector<HistoryPayment>& payments) {
    const auto terminals =
        draw(shape, "terminal fraud", shape.compromised_terminals, shape.terminals);
    const auto customers =
        draw(shape, "customer fraud", shape.compromised_customers, shape.customers);
    for (HistoryPayment& payment : payments) {
        const std::int64_t day = day_of(payment, shape);
        if (payment.amount_minor > 22'000)
            payment.scenario = 1;
        if (within(terminals, day, 28, payment.terminal))
            payment.scenario = 2;
        Rng rng(shape.seed, stream_of("third"), payment.number);
        if (within(customers, day, 14, payment.customer) && rng.below(3) == 0) {
            payment.scenario = 3;
            payment.amount_minor *= 5;
        }
    }
}

} // namespace

std::vector<HistoryPayment> make_history(const HistoryShape& shape) {
    const auto customers = make_customers(shape);
    std::vector<HistoryPayment> payments;
    for (unsigned day = 0; day < shape.days; ++day)
        for (std::uint32_t i = 0; i < customers.size(); ++i)
            add_day(shape, customers[i], i, day, payments);
    std::stable_sort(payments.begin(), payments.end(),
                     [](const auto& a, const auto& b) { return a.event_us < b.event_us; });
    for (std::uint32_t i = 0; i < payments.size(); ++i)
        payments[i].number = i;
    add_frauds(shape, payments);
    return payments;
}

void write_history(const std::vector<HistoryPayment>& payments, const std::string& path) {
    Output out(path);
    out.buffer() = "id,event_time,kind,amount,currency,customer,terminal,merchant,method,channel\n";
    for (const HistoryPayment& payment : payments) {
        fmt::format_to(
            std::back_inserter(out.buffer()), "h{:08},{},{},{}.{:02},EUR,c{},t{},m{},card,pos\n",
            payment.number, time::print_utc(payment.event_us),
            payment.amount_minor == 0 ? "verification" : "purchase", payment.amount_minor / 100,
            payment.amount_minor % 100, payment.customer, payment.terminal, payment.terminal / 4);
        out.flush_if_full();
    }
    out.close();
}

void write_history_truth(const std::vector<HistoryPayment>& payments, std::int64_t known_after_us,
                         const std::string& path) {
    Output out(path);
    out.buffer() = "id,label,known_at,scenario\n";
    for (const HistoryPayment& payment : payments) {
        if (payment.scenario == 0)
            continue;
        fmt::format_to(std::back_inserter(out.buffer()), "h{:08},fraud,{},{}\n", payment.number,
                       time::print_utc(payment.event_us + known_after_us), payment.scenario);
        out.flush_if_full();
    }
    out.close();
}

} // namespace harmonia::gen

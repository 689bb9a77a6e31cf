#include "tests/gen/orders.hpp"

#include "tests/gen/feed_file.hpp"
#include "tests/gen/rng.hpp"
#include "tests/gen/text.hpp"

#include <array>
#include <memory>

namespace harmonia::gen {
namespace {

constexpr std::int64_t k_day_seconds = 86'400;

struct Range {
    const char* first; ///< leading digits that a network keeps for tests
    std::size_t length;
};
constexpr std::array k_ranges = {Range{"411111", 16}, Range{"555555", 16}, Range{"378282", 15},
                                 Range{"305693", 14}, Range{"601111", 16}};
constexpr std::array k_countries = {"DE", "FR", "GB", "IN", "US"};
constexpr std::array k_mccs = {"5411", "5812", "5999", "4111", "7995"};

/// A record's columns, in the order of the file.
struct Record {
    std::string id, time, amount, currency, method, pan, order_cost, mcc, ip_country, lat, lon;
    std::string rest; ///< the columns that nothing spoils
};

char check_digit(const std::string& digits) {
    int sum = 0;
    bool twice = true;
    for (std::size_t i = digits.size(); i-- > 0; twice = !twice) {
        const int digit = digits[i] - '0';
        sum += !twice ? digit : digit < 5 ? 2 * digit : 2 * digit - 9;
    }
    return static_cast<char>('0' + (10 - sum % 10) % 10);
}

std::string pan_of(const OrderWorld& world, std::uint64_t customer) {
    Rng rng(world.seed, stream_of("order card"), customer);
    const Range& range = k_ranges[rng.below(k_ranges.size())];
    std::string digits = range.first;
    while (digits.size() + 1 < range.length)
        digits += static_cast<char>('0' + rng.below(10));
    return digits += check_digit(digits);
}

Record record_of(const OrderWorld& world, std::uint64_t index) {
    Rng rng(world.seed, stream_of("order"), index);
    const std::uint64_t customer = rng.below(world.customers);
    const std::uint64_t merchant = rng.below(world.merchants);
    Record record;
    record.id = "o";
    append_padded(record.id, index, 9);
    append_datetime(record.time,
                    world.first_day * k_day_seconds +
                        static_cast<std::int64_t>(rng.below(world.days * k_day_seconds)),
                    'T');
    record.time += 'Z';
    append_pounds(record.amount, static_cast<std::int64_t>(100 + rng.below(20'000)));
    record.order_cost = record.amount;
    record.currency = "EUR";
    record.method = "card";
    record.pan = pan_of(world, customer);
    record.mcc = k_mccs[merchant % k_mccs.size()];
    record.ip_country = k_countries[customer % k_countries.size()];
    record.lat = "48.";
    append_padded(record.lat, merchant, 6);
    record.lon = "2.";
    append_padded(record.lon, merchant, 6);
    record.rest = ",credit,order-";
    append_int(record.rest, static_cast<std::int64_t>(index));
    record.rest += ",basket,EUR,c";
    append_int(record.rest, static_cast<std::int64_t>(customer));
    record.rest += ",m";
    append_int(record.rest, static_cast<std::int64_t>(merchant));
    record.rest += ",t";
    append_int(record.rest, static_cast<std::int64_t>(merchant * 4 + rng.below(4)));
    record.rest += ",10.0.";
    append_int(record.rest, static_cast<std::int64_t>(customer / 250 % 250));
    record.rest += '.';
    append_int(record.rest, static_cast<std::int64_t>(1 + customer % 250));
    record.rest += ",d";
    append_int(record.rest, static_cast<std::int64_t>(customer));
    record.rest += ",ecom";
    return record;
}

/// A way to spoil a record, and the code that it must be refused with.
struct Fault {
    const char* code;
    void (*spoil)(Record&);
};
constexpr std::array k_faults = {
    Fault{"V-REQ", [](Record& r) { r.amount.clear(); }},
    Fault{"V-TIME", [](Record& r) { r.time = "2099-01-01T00:00:00Z"; }},
    Fault{"V-CUR", [](Record& r) { r.currency = "XTS"; }},
    Fault{"V-AMT-FORMAT", [](Record& r) { r.amount = r.order_cost = "1e3"; }},
    Fault{"V-AMT-SCALE", [](Record& r) { r.amount = r.order_cost = "1.234"; }},
    Fault{"V-AMT-SIGN", [](Record& r) { r.amount = r.order_cost = "0"; }},
    Fault{"V-AMT-RANGE", [](Record& r) { r.amount = r.order_cost = "10000000000000.01"; }},
    Fault{"V-AMT-MISMATCH", [](Record& r) { r.order_cost = "0.99"; }},
    Fault{"V-CARD-LEN", [](Record& r) { r.pan.resize(11); }},
    Fault{"V-CARD-IIN", [](Record& r) { r.pan = "0000000000000000"; }},
    Fault{"V-CARD-LUHN",
          [](Record& r) { r.pan.back() = static_cast<char>('0' + (r.pan.back() - '0' + 1) % 10); }},
    Fault{"V-MCC", [](Record& r) { r.mcc = "12"; }},
    Fault{"V-COUNTRY", [](Record& r) { r.ip_country = "XX"; }},
    Fault{"V-GEO", [](Record& r) { r.lat = "91"; }},
};

class File {
public:
    File(const std::string& out, const std::string& truth)
        : out_(out), truth_(truth.empty() ? nullptr : std::make_unique<Output>(truth)) {
        out_.buffer() += "external_id,event_time,amount,currency,method,pan,order_cost,mcc,"
                         "ip_country,lat,lon,method_type,order_id,order_name,order_currency,"
                         "customer,merchant,terminal,ip,device,channel\n";
        if (truth_)
            truth_->buffer() += "record,external_id,result,pan\n";
    }
    void add(const Record& r, const char* result) {
        std::string& text = out_.buffer();
        for (const std::string* column : {&r.id, &r.time, &r.amount, &r.currency, &r.method, &r.pan,
                                          &r.order_cost, &r.mcc, &r.ip_country, &r.lat})
            text.append(*column).append(1, ',');
        text.append(r.lon).append(r.rest).append(1, '\n');
        out_.flush_if_full();
        ++records_;
        if (!truth_)
            return;
        append_int(truth_->buffer(), records_);
        truth_->buffer().append(",").append(r.id).append(",").append(result);
        truth_->buffer().append(",").append(r.pan).append(1, '\n');
        truth_->flush_if_full();
    }
    void close() {
        out_.close();
        if (truth_)
            truth_->close();
    }

private:
    Output out_;
    std::unique_ptr<Output> truth_;
    std::int64_t records_ = 0;
};

} // namespace

void generate_orders(const OrderWorld& world, const std::string& out_path,
                     const std::string& truth_path) {
    File file(out_path, truth_path);
    for (std::uint64_t i = 0; i < world.count; ++i) {
        const Record record = record_of(world, i);
        file.add(record, "new");
        Rng rng(world.seed, stream_of("order trouble"), i);
        if (rng.chance(world.dup_rate))
            file.add(record, "duplicate");
        if (rng.chance(world.bad_rate)) {
            const Fault& fault = k_faults[rng.below(k_faults.size())];
            Record spoiled = record;
            spoiled.id += 'x';
            fault.spoil(spoiled);
            file.add(spoiled, fault.code);
        }
    }
    file.close();
}

} // namespace harmonia::gen

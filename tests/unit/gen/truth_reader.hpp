// Reads truth files back, and matches them by brute force: the rules of iceland-bonus-card said
// once more, as plainly as possible, so that the generator's idea of the pairs is not its own
// judge.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace harmonia::gen_test {

using Row = std::map<std::string, std::string>;

inline std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> list(1);
    for (const char c : line)
        if (c == '\t')
            list.emplace_back();
        else
            list.back() += c;
    return list;
}

inline std::vector<Row> read_tsv(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::vector<Row> rows;
    std::vector<std::string> names;
    while (std::getline(file, line)) {
        const auto values = cells(line);
        if (names.empty()) {
            names = values;
            continue;
        }
        Row row;
        for (std::size_t i = 0; i < names.size(); ++i)
            row[names[i]] = values.at(i);
        rows.push_back(std::move(row));
    }
    return rows;
}

/// `YYYY-MM-DD HH:MM:SS+00` as seconds that are right within one month.
inline long seconds(const std::string& text) {
    const auto part = [&](std::size_t at) { return std::strtol(text.c_str() + at, nullptr, 10); };
    return ((part(8) * 24 + part(11)) * 60 + part(14)) * 60 + part(17);
}

inline bool iceland_rule(const Row& payment, const Row& sale) {
    if (payment.at("mid") != sale.at("mid") ||
        payment.at("provider") != sale.at("payment_provider") ||
        payment.at("spend_amount") != sale.at("spend_amount") ||
        payment.at("spend_currency") != sale.at("spend_currency"))
        return false;
    const auto& paid = payment.at("transaction_date");
    const auto& sold = sale.at("transaction_date");
    const bool near = std::labs(seconds(paid) - seconds(sold)) <= 60;
    if (payment.at("provider") == "amex") {
        return near && (payment.at("first_six") == "\\N" ||
                        payment.at("first_six") == sale.at("first_six"));
    }
    if (payment.at("auth_code").empty())
        return near;
    return payment.at("auth_code") == sale.at("auth_code") &&
           paid.substr(0, 10) == sold.substr(0, 10);
}

/// AUTH and SETTLED of one settlement key become one row, as §5.1 promotes them.
inline std::vector<Row> admit(const std::vector<Row>& auths, const std::vector<Row>& settlements) {
    std::map<std::string, Row> by_key;
    for (const auto& auth : auths)
        by_key.emplace(auth.at("settlement_key"), auth);
    for (const auto& settled : settlements) {
        const auto [place, inserted] = by_key.emplace(settled.at("settlement_key"), settled);
        auto& row = place->second;
        if (!inserted) {
            row["spend_amount"] = settled.at("spend_amount");
            row["transaction_id"] = settled.at("transaction_id");
            for (const auto* name : {"first_six", "last_four", "auth_code"})
                if (row[name].empty() || row[name] == "\\N")
                    row[name] = settled.at(name);
        }
    }
    std::vector<Row> rows;
    for (auto& [key, row] : by_key)
        rows.push_back(std::move(row));
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return seconds(a.at("transaction_date")) < seconds(b.at("transaction_date"));
    });
    return rows;
}

/// Pairs as `provider feed_type payment-id merchant-id`.
inline std::set<std::string> match(std::vector<Row> payments, const std::vector<Row>& sales) {
    std::map<std::string, std::vector<const Row*>> by_mid;
    for (const auto& sale : sales)
        by_mid[sale.at("mid") + ' ' + sale.at("spend_amount")].push_back(&sale);
    std::set<std::string> pairs;
    std::set<const Row*> used;
    for (bool changed = true; changed;) {
        changed = false;
        for (auto& payment : payments) {
            const Row* found = nullptr;
            int candidates = 0;
            for (const auto* sale : by_mid[payment.at("mid") + ' ' + payment.at("spend_amount")]) {
                if (!used.contains(sale) && iceland_rule(payment, *sale)) {
                    found = sale;
                    ++candidates;
                }
            }
            if (candidates == 1 && !payment.contains("done")) {
                payment["done"] = "yes";
                used.insert(found);
                pairs.insert(payment.at("provider") + ' ' + payment.at("feed_type") + ' ' +
                             payment.at("transaction_id") + ' ' + found->at("transaction_id"));
                changed = true;
            }
        }
    }
    return pairs;
}

} // namespace harmonia::gen_test

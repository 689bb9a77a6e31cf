// Groups written as a test reads: times relative to one noon, texts owned here.
#pragma once

#include "core/base/files.hpp"
#include "core/config/config.hpp"
#include "jobs/match/decide.hpp"
#include "tests/support/source.hpp"

#include <deque>
#include <map>
#include <string>

namespace harmonia::match {

inline constexpr std::int64_t k_second = 1'000'000;
inline constexpr std::int64_t k_day = 86'400 * k_second;
/// 2026-03-10 12:00:00 UTC, a day without a change of clocks.
inline constexpr std::int64_t k_noon = 1'773'144'000 * k_second;

inline std::string source_file(const std::string& path) {
    return read_file(test::source_root() / path, 1 << 20);
}

/// A declaration from tests/matching/FILE.yaml, or from YAML text of one merchant.
inline std::shared_ptr<const Declaration> shipped(const std::string& merchant,
                                                  const std::string& file) {
    const config::Value root = config::parse(source_file("tests/matching/" + file + ".yaml"), file);
    return declare(*root.find("matching")->find(merchant), 14);
}
inline std::shared_ptr<const Declaration> shipped(const std::string& merchant) {
    return shipped(merchant, merchant);
}
inline std::shared_ptr<const Declaration> declared(const std::string& yaml) {
    return declare(config::parse(yaml, "test"), 14);
}

class Table {
public:
    Table() {
        group_.currency = "GBP";
        group_.amount = 1222;
    }
    std::string_view keep(std::string text) { return texts_.emplace_back(std::move(text)); }

    Payment& payment(const std::string& id, std::int64_t at_us = k_noon,
                     const std::string& network = "visa") {
        Payment& row = group_.payments.emplace_back();
        row.id = static_cast<std::int64_t>(group_.payments.size());
        row.transaction_id = keep(id);
        row.network = keep(network);
        row.feed_type = "SETTLED";
        row.mid = "mid-1";
        row.date_us = at_us;
        row.created_us = k_noon;
        row.identifier_ids = k_ids;
        return row;
    }
    SchemeRow& scheme(const std::string& id, std::int64_t at_us = k_noon,
                      const std::string& network = "visa") {
        SchemeRow& row = group_.schemes.emplace_back();
        row.id = 1000 + static_cast<std::int64_t>(group_.schemes.size());
        row.transaction_id = keep(id);
        row.network = keep(network);
        row.mids = k_mids;
        row.date_us = at_us;
        row.created_us = k_noon;
        row.identifier_ids = k_ids;
        return row;
    }
    Group& group() { return group_; }

    /// Payment id → matched row's id, or the outcome's name where there is none.
    std::map<std::string, std::string> decide(const Declaration& declaration,
                                              DecideOptions options = {}) {
        decisions.clear();
        Decider(declaration, options).decide(group_, decisions);
        std::map<std::string, std::string> found;
        for (const Decision& one : decisions) {
            const std::string id(group_.payments[one.payment].transaction_id);
            found[id] = one.outcome == Outcome::matched
                            ? std::string(group_.schemes[one.scheme].transaction_id)
                            : outcome_name(one.outcome);
        }
        return found;
    }
    std::vector<Decision> decisions;

private:
    static constexpr std::int64_t k_ids[] = {7};
    static constexpr std::string_view k_mids[] = {"mid-1"};
    std::deque<std::string> texts_;
    Group group_;
};

} // namespace harmonia::match

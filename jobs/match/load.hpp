// What `match` reads: which merchants have work, and their rows, group by group.
#pragma once

#include "core/db/connection.hpp"
#include "jobs/match/declare.hpp"
#include "jobs/match/predicates/rows.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace harmonia::match {

/// How a payment's card holder is identified.
enum class Identify { none, table };

/// A group that is larger than this ends the merchant's run: it would not fit the memory that a run
/// may take, and rows of one amount in such numbers need a rule of their own.
inline constexpr std::size_t k_group_rows_max = 500'000;

/// Merchants with rows that no run has looked at, or whose declaration was applied in another form;
/// in order.
[[nodiscard]] std::vector<std::string>
merchants_with_work(db::Transaction& tx, const Declarations& declarations, Identify identify);

/// Which of a merchant's rows GroupReader reads.
struct ReadScope {
    std::string merchant;
    Identify identify = Identify::none;
    bool all_pending = false; ///< the declaration changed: not only what new rows touch
    bool windowed = true;
    std::int64_t window_from_us = 0;
    std::unordered_set<std::string> late_keys; ///< settlement keys that the next run will combine
};

/// Reads a merchant's groups under one snapshot, in order of (currency, amount): all new rows, and
/// the pending ones of the same groups. Two streams are merged; memory holds one group. One thread.
/// In load_groups.cpp.
class GroupReader {
public:
    /// `tx` is repeatable read; its snapshot is what is read. It may end after the constructor.
    GroupReader(const db::Settings& settings, db::Transaction& tx, ReadScope scope);
    ~GroupReader();
    GroupReader(const GroupReader&) = delete;
    GroupReader& operator=(const GroupReader&) = delete;
    /// False at the end. Error(data) naming the group when it is larger than k_group_rows_max.
    [[nodiscard]] bool next(Group& group);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Where a merchant stands. One cheap query.
struct Standing {
    bool new_rows = false;
    enum class Rule { never_applied, as_applied, changed } rule = Rule::never_applied;
};
[[nodiscard]] Standing standing(db::Transaction& tx, const std::string& merchant,
                                const Declaration& declaration);

} // namespace harmonia::match

// One rule set, one cut: what `screen` does while it holds the lock of a rule set.
#pragma once

#include "core/db/lock.hpp"
#include "jobs/screen/load/versions.hpp"
#include "jobs/screen/run.hpp"

#include <memory>
#include <optional>
#include <string>

namespace harmonia::screen {

class RulesetPass {
public:
    RulesetPass(const Settings& settings, const Options& options, std::string ruleset)
        : settings_(settings), options_(options), name_(std::move(ruleset)) {}
    /// Judges until nothing is pending at the newest cut; once with a limit or in a dry run.
    /// Error(config) when no version is active, Error(try_again) when another run holds the rule
    /// set.
    std::vector<RunResult> run();

private:
    struct Work;
    [[nodiscard]] bool prepare(db::Connection& connection, Work& work);
    void load_targets(const std::string& snapshot, Work& work) const;
    void resume_or_begin(db::Connection& connection, Work& work);
    void judge_all(const db::SessionLock* lock, Work& work);
    void write_all(db::Connection& connection, const db::SessionLock* lock, Work& work);
    [[nodiscard]] std::optional<RunResult> once(db::Connection& connection,
                                                const db::SessionLock* lock, bool& again);

    const Settings& settings_;
    const Options& options_;
    std::string name_;
};

} // namespace harmonia::screen

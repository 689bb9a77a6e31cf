// The groups of verbs below `screen`: one file each, cli/screen_<group>.cpp.
#pragma once

#include "cli/command.hpp"
#include "jobs/screen/run.hpp"

#include <memory>
#include <string>
#include <vector>

namespace harmonia::cli {

/// `screen rules`, `screen lists`, …
class ScreenGroup {
public:
    virtual ~ScreenGroup() = default;
    virtual void setup(CLI::App& screen) = 0;
    [[nodiscard]] virtual bool parsed() const = 0;
    /// Whether the run changes anything and so belongs into the record of runs.
    [[nodiscard]] virtual bool recorded() const = 0;
    virtual Report run(Context& context) = 0;
};
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_rules();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_lists();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_review();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_explain();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_void();
/// `backtest` and `diff`, below `screen rules`.
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_backtest();

/// Who decides: `by` where it is given, otherwise the operating system's user.
[[nodiscard]] std::string person(const std::string& by);

/// The option --by of a verb that a person answers for.
void add_by(CLI::App& verb, std::string& by);

/// A duration option's text as milliseconds. Error(usage).
[[nodiscard]] long long duration_ms(const char* option, const std::string& text);

[[nodiscard]] screen::Settings screen_settings(const Context& context);

/// The option --memory of a verb that judges, and its effect. Error(usage).
void add_memory(CLI::App& verb, std::string& memory);
void apply_memory(const std::string& memory, screen::Settings& settings);

/// One payment's verdict, for `screen explain` and `explain payment`. Exit 70 when it cannot be
/// reproduced.
[[nodiscard]] Report explain_verdict(const Context& context, long long payment_id, bool now);

} // namespace harmonia::cli

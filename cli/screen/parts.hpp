// The groups of verbs below `screen`, one file each, and what they share.
#pragma once

#include "cli/frame/command.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace harmonia::screen {
struct Settings;
}

namespace harmonia::cli {

/// `screen rules`, `screen lists`, …
class ScreenGroup {
public:
    virtual ~ScreenGroup() = default;
    virtual void setup(Arguments screen) = 0;
    [[nodiscard]] virtual bool parsed() const = 0;
    /// Whether the run changes anything and is therefore recorded in ops.job_run.
    [[nodiscard]] virtual bool recorded() const = 0;
    virtual Report run(Context& context) = 0;
};
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_rules();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_lists();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_review();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_explain();
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_void();
/// `backtest` and `diff` below `screen rules`.
[[nodiscard]] std::unique_ptr<ScreenGroup> make_screen_backtest();

/// Who decides: `by` if given, otherwise the system user.
[[nodiscard]] std::string person(const std::string& by);

/// The option --by of a verb that a person answers for.
void add_by(Arguments verb, std::string& by);

[[nodiscard]] screen::Settings screen_settings(const Context& context);

/// The option --memory of a verb that judges, and its effect. Error(usage).
void add_memory(Arguments verb, std::string& memory);
void apply_memory(const std::string& memory, screen::Settings& settings);

/// One payment's verdict, for `screen explain` and `explain payment`. Exit 70 when it cannot be
/// reproduced.
[[nodiscard]] Report explain_verdict(const Context& context, std::int64_t payment_id, bool now);

} // namespace harmonia::cli

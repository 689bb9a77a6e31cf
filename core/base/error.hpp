// Errors that end a run. A bad record is never one of these: it travels as Expected (expected.hpp).
#pragma once

#include <stdexcept>
#include <string>

namespace harmonia {

/// Exit codes of every command; part of the interface, documented in each man page.
/// From 64 on they are those of <sysexits.h>, which systemd prints by name.
enum class Exit : int {
    done = 0,           ///< also: there was nothing to do
    failure = 1,        ///< unexpected; a defect if seen
    rejected = 3,       ///< done, but some records were rejected or deliveries are dead
    difference = 4,     ///< a check found a difference
    usage = 64,         ///< the command line is wrong
    data = 65,          ///< input refused as a whole
    no_input = 66,      ///< input missing
    unavailable = 69,   ///< database, broker or other server out of reach
    internal = 70,      ///< an internal check failed
    cannot_create = 73, ///< output cannot be created
    io = 74,            ///< reading or writing failed
    try_again = 75,     ///< lock held, back-pressure
    permission = 77,
    config = 78,
    interrupted = 130, ///< SIGINT; SIGTERM gives 143
    terminated = 143,
};

/// Ends the run with `exit`. `what()` is lower case, without a full stop, and says what failed,
/// where and why; `hint()`, if not empty, is a sentence with the cure.
class Error : public std::runtime_error {
public:
    Error(Exit exit, const std::string& what, std::string hint = {})
        : std::runtime_error(what), exit_(exit), hint_(std::move(hint)) {}
    [[nodiscard]] Exit exit() const { return exit_; }
    [[nodiscard]] const std::string& hint() const { return hint_; }

private:
    Exit exit_;
    std::string hint_;
};

} // namespace harmonia

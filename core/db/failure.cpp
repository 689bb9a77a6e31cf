#include "core/db/failure.hpp"

#include "core/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace harmonia::db {
namespace {

struct Rule {
    std::string_view prefix; // of the SQLSTATE; the first that fits counts
    Exit exit;
    std::string_view hint;
};

constexpr std::string_view k_gone =
    "The server closed the session; see its log. Run again when it answers: nothing is left half "
    "done.";
constexpr std::string_view k_again = "Run again; nothing of this step was written.";
constexpr std::string_view k_login =
    "Check user and password of the DSN (or the password file), and pg_hba.conf on the server.";
constexpr std::string_view k_schema = "Run: harmonia migrate";

constexpr auto k_rules = std::to_array<Rule>({
    {"08", Exit::unavailable, k_gone},
    {"23514", Exit::failure,
     "If no partition was found for a row, run: harmonia migrate (it creates those that are "
     "missing)."},
    {"25006", Exit::config, "The server is read-only: name the primary in the DSN."},
    {"25P03", Exit::unavailable, k_gone},
    {"28", Exit::config, k_login},
    {"3D000", Exit::config, "Create the database, or correct its name in the DSN."},
    {"3F000", Exit::config, k_schema},
    {"40", Exit::try_again, k_again},
    {"42501", Exit::permission,
     "Grant the right to the role of the DSN, or use the role that owns the schema."},
    {"42P01", Exit::config, k_schema},
    {"53100", Exit::io,
     "Free disk space on the database server, then run again; nothing of this step was written."},
    {"53300", Exit::unavailable,
     "The server has no session left: raise max_connections or run fewer workers."},
    {"53", Exit::try_again, "The server is short of a resource; see its log, then run again."},
    {"55P03", Exit::try_again,
     "Somebody else holds the lock. Who: SELECT pid, application_name, query FROM pg_stat_activity "
     "WHERE cardinality(pg_blocking_pids(pid)) > 0. Run again later."},
    {"57014", Exit::try_again,
     "The statement ran into statement_timeout or was cancelled. Run again, or raise the "
     "time-out."},
    {"57P0", Exit::unavailable, k_gone},
    {"58030", Exit::io, "The server could not read or write its files; see its log and its disk."},
    {"XX", Exit::failure,
     "The server reports damage or a defect of its own; see its log before anything else."},
});

const Rule& rule_of(std::string_view sqlstate) {
    static constexpr Rule k_other{"", Exit::failure, ""};
    const auto* rule = std::find_if(k_rules.begin(), k_rules.end(),
                                    [&](const Rule& r) { return sqlstate.starts_with(r.prefix); });
    return rule == k_rules.end() ? k_other : *rule;
}

struct Parts {
    std::string text, detail, hint;
};

// Splits libpq's message. The severity label may be in any language; it ends with ":  ".
Parts split_message(std::string_view message) {
    if (const auto at = message.find(":  "); at < 24)
        message.remove_prefix(at + 3);
    Parts parts;
    std::string* into = &parts.text;
    std::string rest;
    for (std::string_view line : split(message, '\n')) {
        if (line.starts_with("DETAIL:  ")) {
            into = &parts.detail;
            line.remove_prefix(9);
        } else if (line.starts_with("HINT:  ")) {
            into = &parts.hint;
            line.remove_prefix(7);
        } else if (line.starts_with("LINE ") || line.starts_with("CONTEXT:") ||
                   line.starts_with("QUERY:") || line.starts_with("LOCATION:")) {
            into = &rest;
        }
        if (!trim(line).empty())
            *into += (into->empty() ? "" : "; ") + std::string(trim(line));
    }
    return parts;
}

} // namespace

Failure::Failure(Exit exit, std::string sqlstate, const std::string& what, std::string hint)
    : Error(exit, what, std::move(hint)), sqlstate_(std::move(sqlstate)) {}

InDoubt::InDoubt(const std::string& what)
    : Failure(Exit::unavailable, "", what,
              "The server may or may not have committed; run again, the program looks before it "
              "repeats.") {}

Failure failure_from(std::string_view sqlstate, std::string_view message) {
    const Parts parts = split_message(message);
    const Rule& rule = rule_of(sqlstate);
    std::string what = parts.text;
    // Classes 21 to 23 quote row values in DETAIL, and rows may hold what must not be logged.
    if (!parts.detail.empty() && !sqlstate.starts_with('2'))
        what += ": " + parts.detail;
    std::string hint(rule.hint);
    if (!parts.hint.empty())
        hint += (hint.empty() ? "" : " ") + parts.hint;
    return {rule.exit, std::string(sqlstate),
            mask_digits(fmt::format("{} (SQLSTATE {})", what, sqlstate)), mask_digits(hint)};
}

Failure connection_failure(const std::string& what) {
    return {Exit::unavailable, "", what,
            "Check that the server runs and can be reached (pg_isready), then run again."};
}

} // namespace harmonia::db

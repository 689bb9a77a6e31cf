// What a command prints on standard output: text for people, or one JSON object.
#pragma once

#include "cli/frame/command.hpp"

#include <string>

namespace harmonia::cli {

/// done, rejected, difference, refused, interrupted or failed.
[[nodiscard]] const char* outcome_name(Exit exit);

/// `counts` as one JSON object.
[[nodiscard]] std::string counts_json(const Report& report);

/// The JSON object of a run, with a blank after each comma and colon: schema, command, run_id,
/// outcome, counts and, where there is one, data.
[[nodiscard]] std::string report_json(const Context& context, const Report& report);

/// The JSON object of a run that ended with an error: outcome and error {exit, message, hint}.
[[nodiscard]] std::string error_json(const Context& context, Exit exit, std::string_view message,
                                     std::string_view hint);

/// Text of a report: its own, or the counts on one line.
[[nodiscard]] std::string report_text(const Report& report);

/// `3 matched, 1 ambiguous`: the counts that are not 0, or `nothing to do`.
[[nodiscard]] std::string counts_text(const Report& report);

/// Rows as aligned columns; the first row is the heading. Numbers are aligned right.
[[nodiscard]] std::string table(const std::vector<std::vector<std::string>>& rows);

} // namespace harmonia::cli

// What a command leaves on stdout: text for people, or one JSON object.
#pragma once

#include "cli/command.hpp"

#include <string>

namespace harmonia::cli {

/// `text` as a JSON string literal with its quotes.
[[nodiscard]] std::string json_quoted(std::string_view text);

/// done, rejected, difference, refused, interrupted or failed.
[[nodiscard]] const char* outcome_name(Exit exit);

/// `counts` as one JSON object.
[[nodiscard]] std::string counts_json(const Report& report);

/// The JSON object of a run: schema, command, run_id, outcome, counts and, where there is one,
/// data.
[[nodiscard]] std::string report_json(const Context& context, const Report& report);

/// The JSON object of a run that ended with an error: outcome and error {exit, message, hint}.
[[nodiscard]] std::string error_json(const Context& context, Exit exit, std::string_view message,
                                     std::string_view hint);

/// Text of a report: its own, or the counts on one line.
[[nodiscard]] std::string report_text(const Report& report);

/// `3 matched, 1 ambiguous`: the counts that are not 0, or `nothing to do`.
[[nodiscard]] std::string counts_text(const Report& report);

/// Rows as aligned columns; the first row is the heading. Numbers are set right.
[[nodiscard]] std::string table(const std::vector<std::vector<std::string>>& rows);

} // namespace harmonia::cli

// One golden file, tests/cli/FOLDER/NAME.test: what is typed, and exactly what comes back.
//
//     # why this case exists
//     --- file bad.yaml
//     version: 1
//     --- run harmonia --config bad.yaml import
//     --- exit 78
//     --- stderr
//     harmonia import: bad.yaml:1:1: ...
//
// `file` makes a file in the case's own folder, which is the working directory. `run` is a line for
// /bin/sh; there may be several, each with its own expectations: no `exit` means 0, no `stdout` or
// `stderr` that nothing may be printed there. The program sees no HARMONIA_* or PG* variable but
// those the line itself sets, and a database and broker that do not exist; a line that names
// $REAL_DSN gets a migrated database of its case. What differs from run to run is replaced before
// comparing: the case's folder by <tmp>, run ids by <uuid> or <run>, times of day by <time>.
#pragma once

#include <string>
#include <vector>

namespace harmonia::golden {

struct Step {
    enum class Kind { file, run } kind = Kind::run;
    std::string what; ///< file name, or shell line
    std::string text; ///< the file's content
    int exit = 0;
    std::string out, err;
};

struct Case {
    std::string comment; ///< the lines before the first `---`, kept as they are
    std::vector<Step> steps;
};

/// Throws std::runtime_error naming the line when the text is not of the form above.
[[nodiscard]] Case parse(const std::string& text);
[[nodiscard]] std::string render(const Case& parsed);

/// The same case with what the program really gave as expectation.
[[nodiscard]] Case play(const Case& expected);

} // namespace harmonia::golden

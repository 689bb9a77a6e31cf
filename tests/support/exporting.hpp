// Running the export job in a test: in this process, or in a child that a failpoint may kill.
#pragma once

#include "jobs/export/run.hpp"
#include "tests/support/database.hpp"
#include "tests/support/process.hpp"

#include <map>
#include <string>

namespace harmonia::test {

/// Options of a run over a database, with `exports_yaml` as its configuration.
[[nodiscard]] exporting::Options export_options(const TempDatabase& database,
                                                 const std::string& exports_yaml,
                                                 const broker::Settings& broker = {});

/// The same run in a child process (this program again): how it ended. `failpoints` are the lines
/// of a failpoint file, empty for none. The program must hold EXPORT_CHILD.
[[nodiscard]] Launch export_child(const TempDatabase& database, const TempDir& directory,
                                  const std::string& exports_yaml, const std::string& failpoints,
                                  const std::string& broker_url = {});

/// What the child does; its exit code is the run's.
void be_export_child();

/// Inserts `count` exports of `target`, owed now; transaction ids `t1`…, amounts 101….
void owe_exports(const TempDatabase& database, const std::string& target, int count);

} // namespace harmonia::test

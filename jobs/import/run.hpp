// `import`: from files, standard input and queues to committed rows, each record once.
//
// A file is read twice. The first pass writes nothing: it digests the bytes, maps every record, and
// refuses the file as a whole if too much of it is bad. The second loads it in blocks, each one
// transaction with its rejects and the checkpoint; after a kill the next run resumes where the last
// block ended. Messages are stored a batch a transaction and acknowledged after it. For users:
// docs/reference/import.md. The namespace is `importing` because `import` is a keyword.
#pragma once

#include "core/base/error.hpp"
#include "jobs/import/plan/settings.hpp"
#include "jobs/import/plan/wiring.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::importing {

struct Request {
    std::vector<std::string> feeds; ///< empty: all that have a source
    std::vector<std::string> files; ///< paths, `-` is standard input; needs exactly one feed
    bool follow = false, dry_run = false;
    bool draining = false; ///< with follow: empty queues get no consumer for a while, DrainSchedule
    std::optional<std::uint64_t> max; ///< messages of each queue, files of each directory
};

struct Outcome {
    Exit exit = Exit::done;
    Counts counts;
    std::vector<Done> done;
    std::string stopped; ///< why the run ended early, for the operator
};

/// Throws Error for what stops the whole run. When a feed fails alone, the others go on and its
/// error is thrown at the end.
[[nodiscard]] Outcome run(const Request& request, const Settings& settings, const Wiring& wiring);

} // namespace harmonia::importing

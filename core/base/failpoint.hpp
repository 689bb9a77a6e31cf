// Failpoints: named places where a test can kill the process, to prove that nothing is lost or
// duplicated.
//
// They are compiled into release builds and cost one relaxed load. They act only when the file
// named by the environment variable HARMONIA_FAILPOINT_FILE exists, belongs to the caller and lies
// in a directory named `failpoints`; a production unit cannot create one (docs/guarantees.md). Its
// lines are `NAME[:before|:after][@N] kill|error|sleep MS`: what to do at the N-th passage
// (default: the first). With HARMONIA_FAILPOINT_TRACE naming a file, each passage appends one line
// `NAME:before` or `NAME:after`.
#pragma once

namespace harmonia {

enum class Failpoint {
#define FAILPOINT(name) name,
#include "core/base/failpoints.def"
#undef FAILPOINT
};

[[nodiscard]] const char* failpoint_name(Failpoint point);

/// Call just before and just after the visible act. May not return (kill) or may throw Error(io).
void failpoint_before(Failpoint point);
void failpoint_after(Failpoint point);

} // namespace harmonia

#include "core/base/error.hpp"
#include "core/observe/job_run.hpp"
#include "core/observe/metrics.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <set>

using namespace harmonia;

TEST_CASE("counters grow over runs, a failed run keeps the last success") {
    const test::TempDir folder;
    observe::write_run_metrics(folder.path(), {"import",
                                               "done",
                                               true,
                                               1'700'000'000,
                                               1.5,
                                               {{"load", "new", 10}, {"load", "rejected", 1}}});
    observe::write_run_metrics(
        folder.path(), {"import", "failed", false, 1'700'000'999, 0.25, {{"load", "new", 5}}});
    CHECK(test::file_text(folder.path() + "/harmonia_import.prom") ==
          R"(# HELP harmonia_records_total Records by task, stage and result.
# TYPE harmonia_records_total counter
harmonia_records_total{task="import",stage="load",result="new"} 15
harmonia_records_total{task="import",stage="load",result="rejected"} 1
# HELP harmonia_run_last_duration_seconds How long the last run took.
# TYPE harmonia_run_last_duration_seconds gauge
harmonia_run_last_duration_seconds{task="import"} 0.25
# HELP harmonia_run_last_success_timestamp_seconds When the last good run ended.
# TYPE harmonia_run_last_success_timestamp_seconds gauge
harmonia_run_last_success_timestamp_seconds{task="import"} 1700000000
# HELP harmonia_runs_total Runs by task and result.
# TYPE harmonia_runs_total counter
harmonia_runs_total{task="import",result="done"} 1
harmonia_runs_total{task="import",result="failed"} 1
)");
}

TEST_CASE("labels are escaped and unknown names refused") {
    const test::TempDir folder;
    observe::Metrics metrics(folder.path() + "/x.prom");
    metrics.add("harmonia_runs_total", {{"task", "a\"b\\c\nd"}}, 1);
    CHECK_THAT(metrics.text(), Catch::Contains(R"({task="a\"b\\c d"} 1)"));
    CHECK_THROWS_AS(metrics.add("harmonia_typo_total", {}, 1), Error);
    CHECK_THROWS_AS(metrics.set("harmonia_runs_total", {}, 1), Error);
}

TEST_CASE("a damaged metrics file does not stop a run") {
    const test::TempDir folder;
    const auto path = folder.write("harmonia_match.prom", "}{ \nharmonia_runs_total{} x\n\x01");
    observe::write_run_metrics(folder.path(), {"match", "done", true, 1, 1, {}});
    CHECK_THAT(test::file_text(path), Catch::Contains("harmonia_runs_total{task=\"match\""));
}

TEST_CASE("run ids are version 4 UUIDs and differ") {
    std::set<std::string> ids;
    for (int i = 0; i < 1000; ++i) {
        const std::string id = observe::new_run_id();
        REQUIRE(id.size() == 36);
        CHECK(id[8] == '-');
        CHECK(id[14] == '4');
        CHECK(std::string("89ab").find(id[19]) != std::string::npos);
        ids.insert(id);
    }
    CHECK(ids.size() == 1000);
}

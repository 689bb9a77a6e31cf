// The section `accounts:`: settings that the protocol does not allow are refused.
#include "core/base/error.hpp"
#include "core/config/config.hpp"
#include "core/time/civil.hpp"
#include "core/time/clock.hpp"
#include "jobs/settle/accounts/procedures/settings.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/process.hpp"

#include <fmt/format.h>

using namespace harmonia;
using namespace harmonia::settle::accounts;

namespace {

constexpr std::int64_t k_hour_us = 3600LL * 1'000'000;

Settings read(const std::string& accounts) {
    const test::TempDir dir;
    config::Layers layers;
    layers.file = dir.write("c.yaml", "version: 1\naccounts: {" + accounts + "}\n");
    return read_settings(config::load(layers));
}

std::string refusal(const std::string& accounts) {
    try {
        static_cast<void>(read(accounts));
    } catch (const Error& error) {
        CHECK(error.exit() == Exit::config);
        return error.what();
    }
    return "accepted";
}

bool refused(const std::string& accounts, const std::string& why) {
    const std::string said = refusal(accounts);
    INFO(accounts << ": " << said);
    CHECK(said.find(why) != std::string::npos);
    return said != "accepted";
}

std::string threshold(std::int64_t ago_us) {
    return fmt::format("archive_threshold: \"{}\"",
                       time::print_utc(time::system_clock().now_us() - ago_us));
}

} // namespace

TEST_CASE("the protocol's terms have bounds") {
    CHECK(refused("delays: {heartbeat: 15d}", "between 0 and 14 days"));
    CHECK(refused("delays: {commit: 29d}", "between 30 and 3650 days"));
    CHECK(refused("delays: {capitalization: 93d}", "between 0 and 92 days"));
    CHECK(refused("max_interest_to_principal: 0", "above 0 and at most 0.1"));
    CHECK(refused("max_interest_to_principal: 0.11", "above 0 and at most 0.1"));
    const Settings most = read("delays: {heartbeat: 14d, commit: 30d, capitalization: 92d}, "
                               "max_interest_to_principal: 0.1");
    CHECK(most.terms.heartbeat_us == 14 * 24 * k_hour_us);
    CHECK(most.terms.commit_period_us == 30 * 24 * k_hour_us);
}

TEST_CASE("a prepared transfer outlives every message about it") {
    CHECK(refused("delays: {commit: 40d, message: 41d}",
                  "commit must be at least delays.message and delays.intranet"));
    CHECK(refused("delays: {commit: 40d, intranet: 41d}",
                  "commit must be at least delays.message and delays.intranet"));
    CHECK(read("delays: {commit: 40d, message: 40d, intranet: 40d}").terms.message_delay_us ==
          40 * 24 * k_hour_us);
}

TEST_CASE("the archive's threshold must be longer ago than a message may be on its way") {
    const std::int64_t days = 24 * k_hour_us;
    CHECK(refused(threshold(14 * days - k_hour_us), "may still be on their way"));
    CHECK(read(threshold(14 * days + k_hour_us)).archive_threshold_us > 0);
    CHECK(refused(threshold(14 * days + k_hour_us) + ", delays: {intranet: 15d}",
                  "may still be on their way"));
    CHECK(read(threshold(2 * days) + ", delays: {intranet: 1d}").archive_threshold_us > 0);
    CHECK(read("archive_threshold: 1970-01-01").archive_threshold_us == 0);
    CHECK(
        refused("archive_threshold: soon", "must be a date or an RFC 3339 timestamp, got 'soon'"));
}

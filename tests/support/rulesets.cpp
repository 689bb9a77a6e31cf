#include "tests/support/rulesets.hpp"

#include "jobs/screen/manage/versions.hpp"

namespace harmonia::test {

std::string cards_ruleset(const std::string& body) {
    return "harmonia_rules: 1\nruleset: cards\nbase_currency: EUR\ntimezone: UTC\n"
           "thresholds: {review: 40, decline: 80}\n" +
           body;
}

int submit_ruleset(const TempDatabase& database, const std::string& yaml) {
    return screen::submit_ruleset(*database.connect(),
                                  {yaml, screen::Ruleset::parse(yaml, "test.yaml")}, "first", "");
}

int activate_ruleset(const TempDatabase& database, const std::string& yaml) {
    const int version = submit_ruleset(database, yaml);
    const screen::RulesetName name{screen::Ruleset::parse(yaml, "test.yaml").name, version};
    const auto connection = database.connect();
    screen::approve_ruleset(*connection, name, "second", true);
    screen::activate_ruleset(*connection, name, "second", "");
    return version;
}

} // namespace harmonia::test

#include "jobs/screen/load/versions.hpp"

#include <fmt/format.h>

namespace harmonia::screen {
namespace {

constexpr const char* k_columns = "name, version, digest, yaml, status, submitted_by, "
                                  "submitted_at, approved_by, approved_at, note";

StoredRuleset version_of(const db::Row& row) {
    const auto text = [&](const char* column) { return std::string(row.text(column)); };
    StoredRuleset out;
    out.name = text("name");
    out.version = static_cast<int>(row.integer("version"));
    out.digest = text("digest");
    out.yaml = text("yaml");
    out.status = text("status");
    out.submitted_by = text("submitted_by");
    out.submitted_at = text("submitted_at");
    out.approved_by = text("approved_by");
    out.approved_at = text("approved_at");
    out.note = text("note");
    return out;
}

std::vector<std::string> names_of(const db::Result& rows) {
    std::vector<std::string> out;
    for (const db::Row row : rows)
        out.emplace_back(row.text("ruleset"));
    return out;
}

} // namespace

std::vector<StoredRuleset> list_rulesets(db::Transaction& tx, const std::string& name) {
    const auto rows = tx.exec(fmt::format(R"(
        SELECT {}
          FROM screening.rule_set
         WHERE $1 = '' OR name = $1
         ORDER BY name COLLATE "C", version DESC)",
                                          k_columns),
                              name);
    std::vector<StoredRuleset> out;
    for (const db::Row row : rows)
        out.push_back(version_of(row));
    return out;
}

std::optional<StoredRuleset> find_ruleset(db::Transaction& tx, const RulesetName& wanted) {
    const auto row = tx.exec(fmt::format(R"(
        SELECT {}
          FROM screening.rule_set
         WHERE name = $1
           AND CASE WHEN $2::int = 0 THEN status = 'live' ELSE version = $2 END)",
                                         k_columns),
                             wanted.name, wanted.version)
                         .optional_row();
    return row ? std::optional(version_of(*row)) : std::nullopt;
}

StoredRuleset require_ruleset(db::Transaction& tx, const RulesetName& wanted) {
    auto found = find_ruleset(tx, wanted);
    if (!found)
        throw Error(Exit::config,
                    wanted.version == 0
                        ? fmt::format("no version of rule set '{}' is active", wanted.name)
                        : fmt::format("unknown rule set {}", print_ruleset_name(wanted)),
                    "harmonia screen rules list shows them; rules activate NAME@VERSION makes one "
                    "active.");
    return std::move(*found);
}

LoadedRuleset load_ruleset(db::Transaction& tx, const RulesetName& wanted) {
    LoadedRuleset out{require_ruleset(tx, wanted), {}};
    out.ruleset =
        Ruleset::parse(out.stored.yaml, print_ruleset_name({out.stored.name, out.stored.version}));
    return out;
}

std::vector<int> shadow_versions(db::Transaction& tx, const std::string& name) {
    const auto rows = tx.exec(R"(
        SELECT version
          FROM screening.rule_shadow
         WHERE ruleset = $1 AND until > now()
         ORDER BY version)",
                              name);
    std::vector<int> out;
    for (const db::Row row : rows)
        out.push_back(static_cast<int>(row.integer("version")));
    return out;
}

std::vector<std::string> rulesets_with_stale_verdicts(db::Transaction& tx) {
    return names_of(tx.exec("SELECT DISTINCT ruleset FROM screening.standing WHERE stale"));
}

// An open run without pending payments still has to be closed.
std::vector<std::string> rulesets_with_pending_payments(db::Transaction& tx) {
    return names_of(tx.exec(R"(
        SELECT ruleset
          FROM screening.waiting
         UNION
        SELECT ruleset
          FROM screening.screen_run
         WHERE ended_at IS NULL AND mode = 'live')"));
}

} // namespace harmonia::screen

// A rule set: one YAML file, checked when loaded, immutable afterwards. The language is described
// in docs/reference/screening.md.
#pragma once

#include "core/config/value.hpp"
#include "core/time/zone.hpp"
#include "jobs/screen/facts/field.hpp"
#include "jobs/screen/rules/grammar.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::screen {

// Anything larger is a mistake; scores fit 16 bits.
inline constexpr std::size_t k_ruleset_bytes_max = 1024 * 1024;
inline constexpr std::size_t k_rules_max = 2'000;
inline constexpr std::size_t k_features_max = 500;
inline constexpr int k_score_min = -100, k_score_max = 1000;
/// How far back speed_kmh() looks for the card's previous position: after a longer time no journey
/// on Earth would exceed 28 km/h.
inline constexpr std::int64_t k_travel_us = 30 * time::k_day_us;

enum class Aggregate : std::uint8_t {
    count,
    sum,
    distinct,
    min,
    max,
    avg,
    stddev,
    share,
    last,
    nth_last,
    first_at,
    since_last,
    labels,
    verdicts,
};

struct Feature {
    std::string name;
    Aggregate aggregate = Aggregate::count;
    Field of = Field::amount;   ///< what is aggregated
    std::vector<Field> by;      ///< the key; fields compared with `cur.` in `where` come last
    std::size_t by_written = 0; ///< how many of them are named in `by:`
    std::int64_t over_us = 0, lag_us = 0;
    Formula where, share_of; ///< empty: every row
    bool current = true;     ///< whether the row counts itself
    std::uint32_t min_n = 0; ///< with fewer rows the value is missing
    std::uint32_t nth = 1;   ///< nth_last: 1 = the last
    Outcome verdict = Outcome::none;
    Kind kind = Kind::number;
    std::string where_text; ///< as written
};

enum class Action : std::uint8_t { none, block, allow, hold, tag };
[[nodiscard]] const char* action_name(Action action); ///< `score` for none

struct Band {
    Rational from;
    int score = 0;
};

/// The text of a reason: literal pieces, and formulas whose values stand between them.
struct Reason {
    std::vector<std::string> texts; ///< one more than `values`
    std::vector<Formula> values;
};

struct Rule {
    std::string id;
    Formula when; ///< in a rule with bands: what they measure
    Action action = Action::none;
    int score = 0;
    std::vector<Band> bands; ///< ascending
    int group = -1;          ///< index in Ruleset::groups; -1: none
    bool shadow = false;
    std::int32_t tag = -1; ///< index in Ruleset::tags
    Reason reason;
    /// A block by a managed list: no suppression applies.
    bool unsuppressible = false;
};

struct List {
    std::string name, key;           ///< key: card, country, text, bin or a field's name
    bool managed = false;            ///< the values are in the Context
    std::vector<std::string> values; ///< of an inline list
};

/// An entry of `alerts:`: what an outcome raises.
struct AlertRule {
    Outcome outcome = Outcome::declined;
    std::string severity; ///< critical, warning, info
    std::vector<std::string> group_by;
};

struct Group {
    std::string name;
    int cap = 0;
};

/// A key of windows: its fields, and how far forward a row can influence others of the same key
/// (the longest window + lag). For loading by key (probe) and for finding stale rows.
struct KeyReach {
    std::vector<Field> by;
    std::int64_t reach_us = 0;
};

class Ruleset {
public:
    /// Error(config) `FILE:LINE:COLUMN: message` for the first mistake; `file` is its FILE.
    [[nodiscard]] static Ruleset parse(std::string_view yaml, const std::string& file);

    std::string name;
    std::string digest;    ///< SHA-256 of `canonical` in hex: comments and layout do not count
    std::string canonical; ///< the document as canonical JSON
    std::string base_currency;
    int exponent = 2;
    const time::Zone* zone = nullptr;
    Formula applies_to; ///< empty: every row
    int review_at = 0, decline_at = 0;
    std::vector<Group> groups;
    std::vector<List> lists;
    std::vector<Feature> features;
    std::vector<Rule> rules;
    std::vector<std::string> tags;
    std::vector<AlertRule> alerts;
    std::vector<std::string> warnings; ///< `FILE:LINE:COLUMN: message`: unused features and lists
    bool travels = false;              ///< speed_kmh(), km or gap is used

    /// The fields that a History for this rule set must keep.
    [[nodiscard]] Fields fields() const;
    /// The longest window + lag; 0 when no rule looks back.
    [[nodiscard]] std::int64_t lookback_us() const;
    [[nodiscard]] std::vector<KeyReach> keys() const;
    [[nodiscard]] bool reads_labels() const;
    [[nodiscard]] bool reads_verdicts() const;
    [[nodiscard]] std::vector<std::string> managed_lists() const;
};

} // namespace harmonia::screen

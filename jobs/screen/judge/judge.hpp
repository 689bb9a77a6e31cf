// Verdicts: a pure function of the row, the rows that it can see, the rule set's digest, the lists
// at their revision, suppressions and labels. No clock, no database and no order of arrival
// matters; the result is the same for any number of threads and any History that holds at least
// what a row can see (scan, probe).
#pragma once

#include "core/base/hash.hpp"
#include "jobs/screen/facts/history.hpp"
#include "jobs/screen/features/feature.hpp"
#include "jobs/screen/rules/ruleset.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

inline constexpr std::int64_t k_ever_us = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t k_never_us = std::numeric_limits<std::int64_t>::min();

/// A managed list at the run's revision. An entry applies to rows with starts ≤ event time <
/// expires.
struct ListContent {
    struct Entry {
        std::string value; ///< of a card list the card's hash in lower-case hex
        std::int64_t starts_us = k_never_us, expires_us = k_ever_us;
    };
    std::string name;
    std::vector<Entry> entries;
};

/// Applies to rows with starts ≤ event time < expires: their hits are kept without effect.
struct ActiveSuppression {
    std::string rule; ///< `*`: every rule
    /// The name of a text field and its value; for `card` a hash. The History must keep the field
    /// (suppression_fields()).
    std::string key, value;
    std::int64_t starts_us = k_never_us, expires_us = k_ever_us;
};

struct Context {
    std::int64_t list_revision = 0;
    std::vector<ListContent> lists; ///< every managed list of the rule set
    std::vector<ActiveSuppression> suppressions;
    std::int64_t label_asof_us = k_ever_us; ///< labels known later are ignored
    unsigned threads = 1;
    FeatureSource features; ///< empty: computed in passes over the columns
};

/// Fields that suppressions need in addition to Ruleset::fields(). Error(config) for an unknown
/// key.
[[nodiscard]] Fields suppression_fields(const std::vector<ActiveSuppression>& suppressions);

struct Hit {
    std::uint16_t rule = 0; ///< index in Ruleset::rules
    std::int16_t score = 0; ///< of the rule; counts only if live and not suppressed
    bool shadow = false;
    std::string suppressed_by; ///< `customer=c9`; empty: not suppressed
    std::string reason;        ///< with values filled in; a card is masked
    std::string inputs;        ///< JSON object of what the rule read, as strings; null: missing
};

struct Judgement {
    std::uint32_t row = 0; ///< of the History
    std::int64_t payment_id = 0;
    Outcome outcome = Outcome::none;
    std::int32_t score = 0;
    std::string decided_by; ///< `rule ID`, `threshold`, `out_of_scope`
    /// What an allow rule overrode: `declined at 95`; empty: nothing.
    std::string override_text;
    std::vector<Hit> hits; ///< in the rule set's order, with shadow and suppressed ones
    Sha256Digest digest{}; ///< of Explanation::record
};

struct RuleCount {
    std::uint64_t hits = 0; ///< live and not suppressed
    std::uint64_t shadow = 0, suppressed = 0, unknown = 0;
};

/// Explains one verdict. `record` is the canonical form that the digest is computed from; it names
/// rows by their natural keys only.
struct Explanation {
    Judgement judgement;
    std::string record;
    struct FeatureLine {
        std::string name, value; ///< value: or `missing`
        std::int64_t from_us = 0, until_us = 0;
        std::uint64_t rows = 0;                 ///< in the window, for which `where` holds
        std::vector<std::int64_t> contributing; ///< payment ids of the latest, at most 5
    };
    std::vector<FeatureLine> features;
    enum class Truth : std::uint8_t { no, yes, unknown };
    struct RuleLine {
        std::string id;
        Truth truth = Truth::no;
        std::string filled; ///< the expression with its values; if unknown, what is missing
        int score = 0;
        std::string group, mode, suppressed_by, reason, action; ///< mode: live or shadow
    };
    std::vector<RuleLine> rules;
    struct GroupLine {
        std::string name; ///< empty: without a group
        int cap = 0, sum = 0, counted = 0;
    };
    std::vector<GroupLine> groups; ///< those with hits
    bool in_scope = true;
};

class Judge {
public:
    /// Computes every feature of the judged rows. All three arguments must outlive the Judge.
    /// Error(config) when a managed list of the rule set is not in the context.
    Judge(const History& history, const Ruleset& ruleset, const Context& context);
    ~Judge();
    Judge(const Judge&) = delete;
    Judge& operator=(const Judge&) = delete;

    [[nodiscard]] std::size_t size() const; ///< history.judged().size()

    /// Verdicts of history.judged()[first … first + count), in that order; adds to `counts` (one
    /// per rule). Any split into chunks gives the same verdicts. One caller at a time.
    [[nodiscard]] std::vector<Judgement> judge(std::size_t first, std::size_t count,
                                               std::vector<RuleCount>& counts) const;
    /// The same for one row, with an explanation.
    [[nodiscard]] Explanation explain(std::size_t index) const;

    struct State; ///< of judge.cpp

private:
    std::unique_ptr<State> state_;
};

} // namespace harmonia::screen

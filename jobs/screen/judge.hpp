// Verdicts: a pure function of the row, the rows it can see, the rule set's digest, the lists at
// their revision, suppressions and labels. No clock, no database, no order of arrival; the same for
// any number of threads and for any History that holds at least what a row can see (scan, probe).
#pragma once

#include "core/base/hash.hpp"
#include "jobs/screen/feature.hpp"
#include "jobs/screen/history.hpp"
#include "jobs/screen/ruleset.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace harmonia::screen {

inline constexpr std::int64_t k_ever_us = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t k_never_us = std::numeric_limits<std::int64_t>::min();

/// What a managed list holds at the run's revision. An entry holds for rows with starts ≤ event
/// time < expires.
struct ListContent {
    struct Entry {
        std::string value; ///< of a card list the card's hash in lower-case hex
        std::int64_t starts_us = k_never_us, expires_us = k_ever_us;
    };
    std::string name;
    std::vector<Entry> entries;
};

/// Holds for rows with starts ≤ event time < expires. The hit stays, without effect.
struct ActiveSuppression {
    std::string rule; ///< `*`: every rule
    /// A text field's name and its value; of a card its hash. The History must keep the field
    /// (suppression_fields()).
    std::string key, value;
    std::int64_t starts_us = k_never_us, expires_us = k_ever_us;
};

struct Context {
    std::int64_t list_revision = 0;
    std::vector<ListContent> lists; ///< every managed list of the rule set
    std::vector<ActiveSuppression> suppressions;
    std::int64_t label_asof_us = k_ever_us; ///< labels known later do not exist
    unsigned threads = 1;
    FeatureSource features; ///< empty: worked out here, in passes over the columns
};

/// Fields that suppressions ask for, beside Ruleset::fields(). Error(config) for an unknown key.
[[nodiscard]] Fields suppression_fields(const std::vector<ActiveSuppression>& suppressions);

struct Hit {
    std::uint16_t rule = 0; ///< index in Ruleset::rules
    std::int16_t score = 0; ///< as the rule gives it; counted only when live and not suppressed
    bool shadow = false;
    std::string suppressed_by; ///< `customer=c9`; empty: not suppressed
    std::string reason;        ///< placeholders filled in; a card is masked
    std::string inputs;        ///< JSON object: what the rule read, as text, null when missing
};

struct Judgement {
    std::uint32_t row = 0; ///< of the History
    std::int64_t payment_id = 0;
    Outcome outcome = Outcome::none;
    std::int32_t score = 0;
    std::string decided_by; ///< `rule ID`, `threshold`, `out_of_scope`
    /// What an allow rule overrode: `declined at 95`; empty: nothing.
    std::string override_text;
    std::vector<Hit> hits; ///< in the rule set's order, shadow and suppressed ones too
    Sha256Digest digest{}; ///< of Explanation::record
};

struct RuleCount {
    std::uint64_t hits = 0; ///< live, unsuppressed
    std::uint64_t shadow = 0, suppressed = 0, unknown = 0;
};

/// What is told about one verdict. `record` is the canonical form that the digest is of; it names
/// rows by their natural keys only.
struct Explanation {
    Judgement judgement;
    std::string record;
    struct FeatureLine {
        std::string name, value; ///< value: `missing` when it is
        std::int64_t from_us = 0, until_us = 0;
        std::uint64_t rows = 0;                 ///< in the window that `where` lets in
        std::vector<std::int64_t> contributing; ///< payment ids of the latest, at most 5
    };
    std::vector<FeatureLine> features;
    enum class Truth : std::uint8_t { no, yes, unknown };
    struct RuleLine {
        std::string id;
        Truth truth = Truth::no;
        std::string filled; ///< the expression with values; of an unknown one what is missing
        int score = 0;
        std::string group, mode, suppressed_by, reason, action; ///< mode: live or shadow
    };
    std::vector<RuleLine> rules;
    struct GroupLine {
        std::string name; ///< empty: without a group
        int cap = 0, sum = 0, counted = 0;
    };
    std::vector<GroupLine> groups; ///< those that a hit fell into
    bool in_scope = true;
};

class Judge {
public:
    /// Works out every feature for the rows to be judged. All three must outlive the Judge.
    /// Error(config) when a managed list of the rule set is not in the context.
    Judge(const History& history, const Ruleset& ruleset, const Context& context);
    ~Judge();
    Judge(const Judge&) = delete;
    Judge& operator=(const Judge&) = delete;

    [[nodiscard]] std::size_t size() const; ///< rows to be judged: history.judged().size()

    /// Verdicts of history.judged()[first … first + count), in that order; adds to the counts (one
    /// a rule). Any split into chunks gives the same verdicts. One caller at a time.
    [[nodiscard]] std::vector<Judgement> judge(std::size_t first, std::size_t count,
                                               std::vector<RuleCount>& counts) const;
    /// The same path for one row, with everything told.
    [[nodiscard]] Explanation explain(std::size_t index) const;

    struct State; ///< of judge.cpp

private:
    std::unique_ptr<State> state_;
};

} // namespace harmonia::screen

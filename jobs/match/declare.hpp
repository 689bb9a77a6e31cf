// `matching:` of the configuration: how each merchant's payments are matched. Grammar and
// meaning: docs/reference/matching.md. Mistakes are Error(config) placed in the file.
#pragma once

#include "jobs/match/predicates/predicate.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::match {

enum class Mode { rules, spotted, none };
[[nodiscard]] const char* mode_name(Mode mode);

/// What one network's payments, or all payments, must satisfy.
struct Rule {
    std::string name;                          ///< network, or `any`
    PredicateList where;                       ///< all must hold
    PredicateList fallback;                    ///< filters, in order, while several rows are left
    std::vector<FieldRef> fallback_when_empty; ///< fallback only when these are blank; none: always
};

/// By which field merchant rows are looked up; the base predicate of that name holds then.
enum class LookUp { mid, merchant_identifier, none };

/// One merchant's declaration, compiled. Immutable, any thread.
struct Declaration {
    Mode mode = Mode::rules;
    std::string matching_type = "LOYALTY"; ///< of its matches; SPOTTED in that mode
    int window_days = 14;
    bool windowed = true; ///< `base` names the window
    const time::Zone* day_zone = &time::Zone::utc();
    PredicateList base; ///< those that do not hold by construction
    LookUp look_up = LookUp::mid;
    std::map<std::string, Rule, std::less<>> networks; ///< empty: `any` is asked
    std::optional<Rule> any;
    std::string text;   ///< the declaration in YAML, with what it takes from elsewhere
    std::string digest; ///< of `text`, 16 hex digits
    std::vector<std::string> warnings; ///< the linter's, each with its place

    /// Null when the merchant has rules by network and none for this one.
    [[nodiscard]] const Rule* rule_for(std::string_view network) const;
};

/// Compiles one merchant's declaration.
[[nodiscard]] std::shared_ptr<const Declaration> declare(const config::Value& value,
                                                         int default_window_days);

/// All of `matching:`; merchants that it does not name use `default`.
class Declarations {
public:
    [[nodiscard]] static Declarations load(const config::Value& root);
    [[nodiscard]] const Declaration& of(std::string_view merchant) const;
    /// The linter's, over all declarations: `config.yaml:12:5: matching.itsu…: …`.
    [[nodiscard]] std::vector<std::string> warnings() const;

private:
    std::map<std::string, std::shared_ptr<const Declaration>, std::less<>> by_merchant_;
    std::shared_ptr<const Declaration> default_;
};

} // namespace harmonia::match

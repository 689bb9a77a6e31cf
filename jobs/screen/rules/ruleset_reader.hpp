// Reads the document of a rule set from top to bottom: lists and features, then the rules that use
// them. Implemented in ruleset.cpp, ruleset_features.cpp and ruleset_rules.cpp.
#pragma once

#include "core/config/value.hpp"
#include "jobs/screen/rules/grammar.hpp"
#include "jobs/screen/rules/ruleset.hpp"

#include <set>
#include <string>
#include <vector>

namespace harmonia::screen {

class RulesetReader {
public:
    RulesetReader(Ruleset& ruleset, std::string file) : ruleset_(ruleset), file_(std::move(file)) {}
    void read(const config::Value& document);

private:
    void head(config::Reader& top);
    void groups(const config::Value& map);
    void lists(const config::Value& map);
    void list(const std::string& name, const config::Value& value);
    void features(const config::Value& map);
    void feature(const std::string& name, const config::Value& value);
    void aggregate(Feature& feature, config::Reader& reader);
    void window(Feature& feature, config::Reader& reader);
    void where(Feature& feature, const config::Value& value);
    void rule(const config::Value& value);
    void consequence(Rule& rule, config::Reader& reader);
    void condition(Rule& rule, config::Reader& reader);
    void bands(Rule& rule, const config::Value& value);
    void reason(Rule& rule, const config::Value* value);
    void alerts(const config::Value& map);
    void warn_unused();

    /// A formula of the wanted kind. Error(config) at the mistake.
    Formula formula(const config::Value& value, const Vocabulary& known, Kind wanted);
    void mark_used(const Formula& formula);
    [[nodiscard]] Vocabulary vocabulary(bool with_features) const;
    /// Throws `FILE:LINE:COLUMN: message`; a position in `detail` is relative to `value`.
    [[noreturn]] void reject(const config::Value& value, const std::string& detail) const;
    [[nodiscard]] std::string identifier(const config::Value& value, const std::string& text,
                                         const char* what) const;

    Ruleset& ruleset_;
    std::string file_;
    std::vector<NamedFeature> names_;
    std::vector<NamedList> list_names_;
    std::vector<config::Origin> feature_origins_, list_origins_;
    std::set<std::uint16_t> features_used_, lists_used_;
    std::set<std::string> rule_ids_;
};

/// The document with sorted keys and every scalar as a string.
[[nodiscard]] std::string canonical_json(const config::Value& value);

} // namespace harmonia::screen

#include "jobs/match/predicate_codes.hpp"

namespace harmonia::match {

PredicatePtr make_auth_code(const config::Value& item, const RuleContext&) {
    check_bare(item, "auth_code");
    return std::make_unique<SameCode>("auth_code", &Payment::auth_code);
}

} // namespace harmonia::match

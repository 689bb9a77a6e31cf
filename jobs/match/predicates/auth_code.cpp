// `auth_code`: the payment's authorisation code is the merchant's code.
#include "jobs/match/predicates/codes.hpp"

namespace harmonia::match {

PredicatePtr make_auth_code(const config::Value& item, const RuleContext&) {
    check_bare(item, "auth_code");
    return std::make_unique<SameCode>("auth_code", &Payment::auth_code);
}

} // namespace harmonia::match

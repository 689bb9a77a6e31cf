// `approval_code`: the payment's approval code is the merchant's code.
#include "jobs/match/predicates/codes.hpp"

namespace harmonia::match {

// Merchants have one column for what the terminal printed; Amex calls it approval code.
PredicatePtr make_approval_code(const config::Value& item, const RuleContext&) {
    check_bare(item, "approval_code");
    return std::make_unique<SameCode>("approval_code", &Payment::approval_code);
}

} // namespace harmonia::match

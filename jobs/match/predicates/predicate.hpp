// Predicates: what a matching declaration may ask of a payment and a merchant's row. Each is one
// file of this room, named as the declaration names it, and one line in predicates.def.
//
// A predicate answers yes, no, or unknown (something it needs is absent); only yes counts. It also
// reports what it compared, so that a decision can be explained when both rows are gone.
#pragma once

#include "core/config/value.hpp"
#include "core/time/zone.hpp"
#include "jobs/match/predicates/rows.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace harmonia::match {

enum class Truth : std::uint8_t { no, yes, unknown };
[[nodiscard]] inline Truth truth(bool value) {
    return value ? Truth::yes : Truth::no;
}

/// Receives what predicates report. One test is a label, its outcome, and the two values compared.
class TestSink {
public:
    virtual ~TestSink() = default;
    virtual void test(std::string_view label, Truth outcome, std::string_view payment_value,
                      std::string_view scheme_value) = 0;
    /// The alternatives of an `any`, between open and close.
    virtual void open_any(Truth outcome) = 0;
    virtual void close_any() = 0;
};

/// The dates that merchant rows of interest can have; both ends included.
struct DateRange {
    std::int64_t from_us = std::numeric_limits<std::int64_t>::min();
    std::int64_t to_us = std::numeric_limits<std::int64_t>::max();
    void narrow(const DateRange& other) {
        from_us = std::max(from_us, other.from_us);
        to_us = std::min(to_us, other.to_us);
    }
};

/// Immutable, any thread.
class Predicate {
public:
    virtual ~Predicate() = default;
    [[nodiscard]] virtual Truth test(const Pair& pair) const = 0;
    virtual void report(const Pair& pair, TestSink& sink) const = 0;
    /// Outside this range test() never says yes. Lets a search skip rows, never decides.
    [[nodiscard]] virtual DateRange range(const Payment&) const { return {}; }
    /// Whether a yes says more than that place, network and amount agree: a time or a code.
    [[nodiscard]] virtual bool narrows() const { return false; }
    /// For a fallback's trace: `within 60s`.
    [[nodiscard]] virtual const std::string& label() const = 0;
};
using PredicatePtr = std::unique_ptr<const Predicate>;
using PredicateList = std::vector<PredicatePtr>;

/// What predicates need of their declaration.
struct RuleContext {
    const time::Zone* day_zone = &time::Zone::utc();
};

/// One item of `where`, `then`, `any` or `fallback`. Error(config) placed at the mistake.
[[nodiscard]] PredicatePtr make_predicate(const config::Value& item, const RuleContext& context);
[[nodiscard]] PredicateList make_predicates(const config::Value& list, const RuleContext& context);
/// One name of `base`; null for those that hold by construction (BASE_GIVEN).
[[nodiscard]] PredicatePtr make_base_predicate(const config::Value& name);

[[nodiscard]] bool all_true(const PredicateList& list, const Pair& pair);
[[nodiscard]] DateRange range_of(const PredicateList& list, const Payment& payment);
[[nodiscard]] bool any_narrows(const PredicateList& list);

/// `payment.auth_code`, `scheme.first_six`: a text of one side, "" when absent.
class FieldRef {
public:
    [[nodiscard]] static FieldRef parse(const config::Value& value);
    [[nodiscard]] std::string_view of(const Pair& pair) const {
        return payment_ ? pair.payment.*payment_ : pair.scheme.*scheme_;
    }
    [[nodiscard]] std::string_view of(const Payment& payment) const { return payment.*payment_; }
    [[nodiscard]] bool of_payment() const { return payment_ != nullptr; }
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    std::string_view Payment::*payment_ = nullptr;
    std::string_view SchemeRow::*scheme_ = nullptr;
    std::string name_;
};
/// A field that must be the payment's (conditions see no merchant's row).
[[nodiscard]] FieldRef payment_field(const config::Value& value);
/// There and not blank.
[[nodiscard]] bool present(std::string_view text);

// The makers named in predicates.def; `item` is the whole item, a name or a map.
#define PREDICATE(name)                                                                            \
    [[nodiscard]] PredicatePtr make_##name(const config::Value& item, const RuleContext& context);
#define BASE_PREDICATE(name) [[nodiscard]] PredicatePtr make_base_##name();
#define BASE_GIVEN(name)
#include "jobs/match/predicates/predicates.def"
#undef PREDICATE
#undef BASE_PREDICATE
#undef BASE_GIVEN

} // namespace harmonia::match

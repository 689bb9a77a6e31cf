// `any`: one of the alternatives holds.
#include "jobs/match/predicates/predicate.hpp"

#include <algorithm>

namespace harmonia::match {

namespace {

class Any final : public Predicate {
public:
    explicit Any(PredicateList list) : list_(std::move(list)) {}
    [[nodiscard]] Truth test(const Pair& pair) const override {
        Truth result = Truth::no;
        for (const auto& one : list_) {
            const Truth answer = one->test(pair);
            if (answer == Truth::yes)
                return answer;
            if (answer == Truth::unknown)
                result = answer;
        }
        return result;
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.open_any(test(pair));
        for (const auto& one : list_)
            one->report(pair, sink);
        sink.close_any();
    }
    [[nodiscard]] DateRange range(const Payment& payment) const override {
        DateRange hull{std::numeric_limits<std::int64_t>::max(),
                       std::numeric_limits<std::int64_t>::min()};
        for (const auto& one : list_) {
            const DateRange range = one->range(payment);
            hull.from_us = std::min(hull.from_us, range.from_us);
            hull.to_us = std::max(hull.to_us, range.to_us);
        }
        return hull;
    }
    [[nodiscard]] bool narrows() const override {
        return std::all_of(
            list_.begin(), list_.end(), [](const auto& one) { return one->narrows(); });
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    PredicateList list_;
    std::string label_ = "any";
};

} // namespace

PredicatePtr make_any(const config::Value& item, const RuleContext& context) {
    config::Reader reader(item);
    const config::Value list = reader.required("any");
    reader.finish();
    PredicateList made = make_predicates(list, context);
    if (made.empty())
        list.fail("must list at least one predicate");
    return std::make_unique<Any>(std::move(made));
}

} // namespace harmonia::match

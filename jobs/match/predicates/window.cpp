// Base `window`: the merchant row was imported recently enough.
#include "core/time/civil.hpp"
#include "jobs/match/predicates/predicate.hpp"

namespace harmonia::match {

namespace {

/// By the time of import, not of purchase.
class InWindow final : public Predicate {
public:
    [[nodiscard]] Truth test(const Pair& pair) const override {
        return truth(pair.scheme.created_us >= pair.window_from_us);
    }
    /// Reported only where it decides: otherwise the same decision would read differently every
    /// day.
    void report(const Pair& pair, TestSink& sink) const override {
        const Truth outcome = test(pair);
        if (outcome == Truth::yes)
            return;
        const auto& utc = time::Zone::utc();
        sink.test(label_, outcome, "from " + time::print_date(utc.date_of(pair.window_from_us)),
                  "imported " + time::print_date(utc.date_of(pair.scheme.created_us)));
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    std::string label_ = "window";
};

} // namespace

PredicatePtr make_base_window() {
    return std::make_unique<InWindow>();
}

} // namespace harmonia::match

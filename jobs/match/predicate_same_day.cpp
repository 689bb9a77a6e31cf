#include "core/time/civil.hpp"
#include "jobs/match/predicate_codes.hpp"

namespace harmonia::match {

namespace {

class SameDay final : public Predicate {
public:
    explicit SameDay(const time::Zone* zone) : zone_(zone) {}
    [[nodiscard]] Truth test(const Pair& pair) const override {
        const time::DayBounds day = zone_->day_of(pair.payment.date_us);
        return truth(day.begin_us <= pair.scheme.date_us && pair.scheme.date_us < day.end_us);
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair), time::print_date(zone_->date_of(pair.payment.date_us)),
                  time::print_date(zone_->date_of(pair.scheme.date_us)));
    }
    [[nodiscard]] DateRange range(const Payment& payment) const override {
        const time::DayBounds day = zone_->day_of(payment.date_us);
        return {day.begin_us, day.end_us - 1};
    }
    [[nodiscard]] bool narrows() const override { return true; }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    const time::Zone* zone_;
    std::string label_ = "same_day";
};

} // namespace

PredicatePtr make_same_day(const config::Value& item, const RuleContext& context) {
    check_bare(item, "same_day");
    return std::make_unique<SameDay>(context.day_zone);
}

} // namespace harmonia::match

// `same_day`: both dates are in one day of the declared zone.
#include "core/time/civil.hpp"
#include "jobs/match/predicates/predicate.hpp"

namespace harmonia::match {

namespace {

class SameDay final : public Predicate {
public:
    SameDay(const time::Zone* zone, bool next_midnight)
        : zone_(zone), past_end_us_(next_midnight ? 0 : 1),
          label_(next_midnight ? "same_day or next midnight" : "same_day") {}
    [[nodiscard]] Truth test(const Pair& pair) const override {
        const DateRange day = range(pair.payment);
        return truth(day.from_us <= pair.scheme.date_us && pair.scheme.date_us <= day.to_us);
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair), time::print_date(zone_->date_of(pair.payment.date_us)),
                  time::print_date(zone_->date_of(pair.scheme.date_us)));
    }
    [[nodiscard]] DateRange range(const Payment& payment) const override {
        const time::DayBounds day = zone_->day_of(payment.date_us);
        return {day.begin_us, day.end_us - past_end_us_};
    }
    [[nodiscard]] bool narrows() const override { return true; }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    const time::Zone* zone_;
    std::int64_t past_end_us_;
    std::string label_;
};

} // namespace

PredicatePtr make_same_day(const config::Value& item, const RuleContext& context) {
    bool next_midnight = false;
    if (item.kind() == config::Value::Kind::map) { // {same_day: next_midnight}
        config::Reader reader(item);
        (void)reader.required("same_day");
        next_midnight = reader.choice("same_day", {"next_midnight"}, "") == "next_midnight";
        reader.finish();
    }
    return std::make_unique<SameDay>(context.day_zone, next_midnight);
}

} // namespace harmonia::match

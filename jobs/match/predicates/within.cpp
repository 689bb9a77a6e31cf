// `within`: the dates differ by at most a tolerance.
#include "core/time/civil.hpp"
#include "jobs/match/predicates/predicate.hpp"

namespace harmonia::match {

namespace {

/// Down to the whole minute: the bounds for a feed that has no seconds.
std::int64_t cut_to_minute(std::int64_t us) {
    const std::int64_t rest = us % time::k_minute_us;
    return us - (rest < 0 ? rest + time::k_minute_us : rest);
}

class Within final : public Predicate {
public:
    Within(std::int64_t tolerance_us, bool minutes, const time::Zone* zone, std::string label)
        : tolerance_us_(tolerance_us), minutes_(minutes), zone_(zone), label_(std::move(label)) {}

    [[nodiscard]] DateRange range(const Payment& payment) const override {
        if (!payment.has_time) {
            const time::DayBounds day = zone_->day_of(payment.date_us);
            return {day.begin_us, day.end_us};
        }
        const DateRange exact{payment.date_us - tolerance_us_, payment.date_us + tolerance_us_};
        return minutes_ ? DateRange{cut_to_minute(exact.from_us), cut_to_minute(exact.to_us)}
                        : exact;
    }
    [[nodiscard]] Truth test(const Pair& pair) const override {
        const DateRange wanted = range(pair.payment);
        return truth(wanted.from_us <= pair.scheme.date_us && pair.scheme.date_us <= wanted.to_us);
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair),
                  pair.payment.has_time ? time::print_utc(pair.payment.date_us)
                                        : time::print_date(zone_->date_of(pair.payment.date_us)),
                  time::print_utc(pair.scheme.date_us));
    }
    [[nodiscard]] bool narrows() const override { return true; }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    std::int64_t tolerance_us_;
    bool minutes_;
    const time::Zone* zone_;
    std::string label_;
};

} // namespace

PredicatePtr make_within(const config::Value& item, const RuleContext& context) {
    config::Reader reader(item);
    const config::Value tolerance = reader.required("within");
    const bool minutes = reader.choice("precision", {"exact", "minutes"}, "exact") == "minutes";
    // The only way to treat a payment without a time; naming it documents it.
    (void)reader.choice("no_time", {"day"}, "day");
    reader.finish();
    const std::int64_t ms = tolerance.as_duration_ms();
    constexpr std::int64_t k_longest_ms = 366LL * 24 * 3600 * 1000; // no window reaches further
    if (ms < 0 || ms > k_longest_ms)
        tolerance.fail("must be between 0s and 366d, got '" + tolerance.scalar() + "'");
    return std::make_unique<Within>(ms * 1000, minutes, context.day_zone,
                                    "within " + tolerance.scalar() + (minutes ? " minutes" : ""));
}

} // namespace harmonia::match

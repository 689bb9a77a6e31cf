// `equals`: a field of the scheme row has the text of a field of the payment.
#include "jobs/match/predicates/predicate.hpp"

namespace harmonia::match {

namespace {

class Equals final : public Predicate {
public:
    Equals(FieldRef scheme, FieldRef payment)
        : scheme_(std::move(scheme)), payment_(std::move(payment)),
          label_("equals " + scheme_.name() + " " + payment_.name()) {}
    [[nodiscard]] Truth test(const Pair& pair) const override {
        const std::string_view a = scheme_.of(pair), b = payment_.of(pair);
        if (!present(a) || !present(b))
            return Truth::unknown;
        return truth(a == b);
    }
    void report(const Pair& pair, TestSink& sink) const override {
        sink.test(label_, test(pair), payment_.of(pair), scheme_.of(pair));
    }
    [[nodiscard]] bool narrows() const override {
        return scheme_.name() == "scheme.auth_code" || scheme_.name() == "scheme.transaction_id";
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    FieldRef scheme_, payment_;
    std::string label_;
};

} // namespace

PredicatePtr make_equals(const config::Value& item, const RuleContext&) {
    config::Reader reader(item);
    const config::Value value = reader.required("equals");
    reader.finish();
    const std::vector<config::Value> fields = value.list();
    if (fields.size() != 2)
        value.fail("equals takes two fields: [scheme.FIELD, payment.FIELD]");
    FieldRef first = FieldRef::parse(fields[0]), second = FieldRef::parse(fields[1]);
    if (first.of_payment() == second.of_payment())
        value.fail("equals compares a field of the scheme with one of the payment");
    if (first.of_payment())
        std::swap(first, second);
    return std::make_unique<Equals>(std::move(first), std::move(second));
}

} // namespace harmonia::match
